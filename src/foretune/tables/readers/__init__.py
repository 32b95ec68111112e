"""Bodies of providers into facts: what a body means and when each value could be known.

One file per provider. A reader returns valid rows and the rejected ones with reasons; it raises
MalformedResponse only where the body as a whole cannot be read.
"""
