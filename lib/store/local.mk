# lib/store: what is built here and from what.
