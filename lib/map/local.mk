# lib/map: what is built here and from what.
