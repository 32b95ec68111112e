"""The network, and nothing else: requests, refusals, paging; raw bytes out, with provenance.

No value is interpreted here beyond what paging and refusals need. What a body means, and when
it could be known, is decided in `tables`.
"""
