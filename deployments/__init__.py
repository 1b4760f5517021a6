"""Where it runs: what a Prefect server needs before `prefect deploy`, and a server to try it on.

``prefect.yaml`` maps flows to a work pool; ``setup`` creates that pool, the limits all workers share and the
automations that pick up what crashed; ``local`` starts a server and a worker on this machine.
"""
