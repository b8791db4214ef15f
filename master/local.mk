# master: the supervisor.
pkglibexec_PROGRAMS += master/master
master_master_SOURCES = master/master.c master/master.h \
	master/broker.c \
	master/child.c \
	master/endpoint.c master/endpoint.h \
	master/notify.c master/notify.h \
	master/services.c \
	master/stop.c \
	master/supply.c \
	master/surroundings.c
dist_man_MANS += master/master.8

# Stands for real daemons in the tests of master and lib/service.
check_PROGRAMS += t/daemon/probe
t_daemon_probe_SOURCES = t/daemon/probe.c

check_PROGRAMS += t/unit/master_endpoint_test
UNIT_TESTS += t/unit/master_endpoint_test
t_unit_master_endpoint_test_SOURCES = t/unit/master_endpoint_test.c master/endpoint.c
t_unit_master_endpoint_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
