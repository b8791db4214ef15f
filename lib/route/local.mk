# lib/route: what is built here and from what.
