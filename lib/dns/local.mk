# lib/dns: what is built here and from what.
