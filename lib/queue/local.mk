# lib/queue: what is built here and from what.
lib_libbuzon_a_SOURCES += lib/queue/parameters.c lib/queue/parameters.h lib/queue/layout.h lib/queue/queue_file.h \
	lib/queue/content_flags.c lib/queue/content_flags.h \
	lib/queue/flush_client.c lib/queue/flush_client.h \
	lib/queue/intake.c lib/queue/intake_server.c lib/queue/intake_wire.c lib/queue/intake_wire.h lib/queue/intake.h \
	lib/queue/maildrop.c lib/queue/maildrop.h \
	lib/queue/postmaster.c lib/queue/postmaster.h \
	lib/queue/transcript.c lib/queue/transcript.h \
	lib/queue/qmgr_client.c lib/queue/qmgr_client.h \
	lib/queue/queue_directory.c \
	lib/queue/queue_id.c lib/queue/queue_id.h \
	lib/queue/queue_portions.c lib/queue/queue_portions.h \
	lib/queue/reader_internal.h \
	lib/queue/queue_reader.c lib/queue/queue_writer.c

check_PROGRAMS += t/unit/queue_transcript_test
UNIT_TESTS += t/unit/queue_transcript_test
t_unit_queue_transcript_test_SOURCES = t/unit/queue_transcript_test.c
t_unit_queue_transcript_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/queue_directory_test
UNIT_TESTS += t/unit/queue_directory_test
t_unit_queue_directory_test_SOURCES = t/unit/queue_directory_test.c
t_unit_queue_directory_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/queue_file_test
UNIT_TESTS += t/unit/queue_file_test
t_unit_queue_file_test_SOURCES = t/unit/queue_file_test.c
t_unit_queue_file_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/queue_portions_test
UNIT_TESTS += t/unit/queue_portions_test
t_unit_queue_portions_test_SOURCES = t/unit/queue_portions_test.c
t_unit_queue_portions_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/queue_intake_test
UNIT_TESTS += t/unit/queue_intake_test
t_unit_queue_intake_test_SOURCES = t/unit/queue_intake_test.c
t_unit_queue_intake_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/queue_maildrop_test
UNIT_TESTS += t/unit/queue_maildrop_test
t_unit_queue_maildrop_test_SOURCES = t/unit/queue_maildrop_test.c
t_unit_queue_maildrop_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

if FUZZERS
noinst_PROGRAMS += t/fuzz/queue_file_fuzz t/fuzz/maildrop_fuzz
FUZZ_TARGETS += t/fuzz/queue_file_fuzz t/fuzz/maildrop_fuzz
t_fuzz_maildrop_fuzz_SOURCES = t/fuzz/maildrop_fuzz.c
t_fuzz_maildrop_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_queue_file_fuzz_SOURCES = t/fuzz/queue_file_fuzz.c
t_fuzz_queue_file_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif

check_PROGRAMS += t/unit/queue_parameters_test
UNIT_TESTS += t/unit/queue_parameters_test
t_unit_queue_parameters_test_SOURCES = t/unit/queue_parameters_test.c
t_unit_queue_parameters_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

if FUZZERS
noinst_PROGRAMS += t/fuzz/queue_parameters_fuzz
FUZZ_TARGETS += t/fuzz/queue_parameters_fuzz
t_fuzz_queue_parameters_fuzz_SOURCES = t/fuzz/queue_parameters_fuzz.c
t_fuzz_queue_parameters_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif
