# lib/base: what every room stands on: memory, octets, errors, the log, time, files.
lib_libbuzon_a_SOURCES += lib/base/base.h \
	lib/base/arena.c \
	lib/base/buf.c lib/base/buf.h \
	lib/base/checked.h \
	lib/base/clock.c lib/base/clock.h \
	lib/base/error.c lib/base/error.h \
	lib/base/escape.c lib/base/escape.h \
	lib/base/file.c lib/base/file.h \
	lib/base/file_version.c lib/base/file_version.h \
	lib/base/hash.c lib/base/hash.h \
	lib/base/log.c lib/base/log.h \
	lib/base/memory.c lib/base/memory.h \
	lib/base/span.c lib/base/span.h \
	lib/base/strlist.c lib/base/strlist.h \
	lib/base/variables.c lib/base/variables.h

check_PROGRAMS += t/unit/base_memory_test
UNIT_TESTS += t/unit/base_memory_test
t_unit_base_memory_test_SOURCES = t/unit/base_memory_test.c
t_unit_base_memory_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/base_span_test
UNIT_TESTS += t/unit/base_span_test
t_unit_base_span_test_SOURCES = t/unit/base_span_test.c
t_unit_base_span_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/base_file_test
UNIT_TESTS += t/unit/base_file_test
t_unit_base_file_test_SOURCES = t/unit/base_file_test.c
t_unit_base_file_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/base_clock_test
UNIT_TESTS += t/unit/base_clock_test
t_unit_base_clock_test_SOURCES = t/unit/base_clock_test.c
t_unit_base_clock_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/base_log_test
UNIT_TESTS += t/unit/base_log_test
t_unit_base_log_test_SOURCES = t/unit/base_log_test.c
t_unit_base_log_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/base_variables_test
UNIT_TESTS += t/unit/base_variables_test
t_unit_base_variables_test_SOURCES = t/unit/base_variables_test.c
t_unit_base_variables_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
