"""How fast it is: `make bench`, or `make bench ONLY=name FULL=1`.

Each bench is a process of its own with databases and servers of its own on the loopback,
gone afterwards. What it found it says on stdout, one JSON object a line.
"""
