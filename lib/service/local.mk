# lib/service: what is built here and from what.
