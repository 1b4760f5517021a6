"""What happens, in order. A flow reads like a table of contents; what is done is in ``tasks`` and ``onereel``."""
