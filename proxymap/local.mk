# proxymap: look-ups on behalf of processes without files.
pkglibexec_PROGRAMS += proxymap/proxymap
proxymap_proxymap_SOURCES = proxymap/proxymap.c proxymap/caches.c proxymap/caches.h \
	proxymap/approval.c proxymap/approval.h proxymap/tables.c proxymap/tables.h
dist_man_MANS += proxymap/proxymap.8

check_PROGRAMS += t/unit/proxymap_test
UNIT_TESTS += t/unit/proxymap_test
t_unit_proxymap_test_SOURCES = t/unit/proxymap_test.c proxymap/approval.c \
	proxymap/tables.c
t_unit_proxymap_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/map_cache_test
UNIT_TESTS += t/unit/map_cache_test
t_unit_map_cache_test_SOURCES = t/unit/map_cache_test.c proxymap/caches.c
t_unit_map_cache_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
