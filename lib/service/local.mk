# lib/service: the skeleton of a daemon under master, and what master and the tools share with it.
lib_libbuzon_a_SOURCES += lib/service/standalone.c lib/service/standalone.h \
	lib/service/workers.c lib/service/workers.h \
	lib/service/service.h \
	lib/service/account.c lib/service/account.h \
	lib/service/become.c \
	lib/service/blocking.c \
	lib/service/channel.c lib/service/master_protocol.h \
	lib/service/confined.c lib/service/connect.c \
	lib/service/debugger.c lib/service/debugger.h \
	lib/service/directories.c \
	lib/service/events.c \
	lib/service/identity.c \
	lib/service/instance.c lib/service/instance.h \
	lib/service/logging.c lib/service/logging.h \
	lib/service/main.c \
	lib/service/master_link.c \
	lib/service/options.c lib/service/options.h \
	lib/service/process.h \
	lib/service/sandbox.c \
	lib/service/scoreboard.c lib/service/scoreboard.h \
	lib/service/watchdog.c lib/service/watchdog.h

check_PROGRAMS += t/unit/service_channel_test t/unit/service_options_test t/unit/service_sandbox_test t/unit/service_scoreboard_test
UNIT_TESTS += t/unit/service_channel_test t/unit/service_options_test t/unit/service_sandbox_test t/unit/service_scoreboard_test
t_unit_service_channel_test_SOURCES = t/unit/service_channel_test.c
t_unit_service_channel_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
t_unit_service_options_test_SOURCES = t/unit/service_options_test.c
t_unit_service_options_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
t_unit_service_scoreboard_test_SOURCES = t/unit/service_scoreboard_test.c
t_unit_service_scoreboard_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
t_unit_service_sandbox_test_SOURCES = t/unit/service_sandbox_test.c
t_unit_service_sandbox_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
