# pickup: what is built here and from what.
pkglibexec_PROGRAMS += pickup/pickup
pickup_pickup_SOURCES = pickup/pickup.c pickup/drop.c pickup/drop.h
dist_man_MANS += pickup/pickup.8
