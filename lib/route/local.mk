# lib/route: what addresses become, and where mail goes.
lib_libbuzon_a_SOURCES += lib/route/route.h \
	lib/route/mapping.c \
	lib/route/masquerade.c \
	lib/route/recipient.c \
	lib/route/resolve.c \
	lib/route/rewrite.c lib/route/rewrite.h \
	lib/route/route.c lib/route/route_state.h \
	lib/route/transport.c lib/route/transport.h

dist_man_MANS += lib/route/canonical.5 lib/route/relocated.5 lib/route/transport.5 lib/route/virtual.5

check_PROGRAMS += t/unit/route_test
UNIT_TESTS += t/unit/route_test
t_unit_route_test_SOURCES = t/unit/route_test.c
t_unit_route_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
