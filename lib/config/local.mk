# lib/config: what is built here and from what.
