"""The only modules that touch a vendor, a disk or a clock. Each is one player of a part; ``casting`` chooses."""
