# virtual: delivery to virtual mailboxes.
pkglibexec_PROGRAMS += virtual/virtual
virtual_virtual_SOURCES = virtual/virtual.c
dist_man_MANS += virtual/virtual.8
