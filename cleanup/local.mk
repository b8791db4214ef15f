# cleanup: what is built here and from what.
pkglibexec_PROGRAMS += cleanup/cleanup
cleanup_cleanup_SOURCES = cleanup/cleanup.c \
	cleanup/address.c cleanup/address.h \
	cleanup/checks.c cleanup/checks.h \
	cleanup/content.c cleanup/content.h \
	cleanup/envelope.c cleanup/envelope.h \
	cleanup/header.c cleanup/header.h \
	cleanup/message.c cleanup/message.h \
	cleanup/notify.c cleanup/notify.h
dist_man_MANS += cleanup/cleanup.8 cleanup/header_checks.5

check_PROGRAMS += t/unit/cleanup_message_test
UNIT_TESTS += t/unit/cleanup_message_test
t_unit_cleanup_message_test_SOURCES = t/unit/cleanup_message_test.c \
	cleanup/address.c cleanup/checks.c cleanup/content.c cleanup/envelope.c cleanup/header.c cleanup/message.c cleanup/notify.c
t_unit_cleanup_message_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

if FUZZERS
noinst_PROGRAMS += t/fuzz/cleanup_message_fuzz
FUZZ_TARGETS += t/fuzz/cleanup_message_fuzz
t_fuzz_cleanup_message_fuzz_SOURCES = t/fuzz/cleanup_message_fuzz.c \
	cleanup/address.c cleanup/checks.c cleanup/content.c cleanup/envelope.c cleanup/header.c cleanup/message.c cleanup/notify.c
t_fuzz_cleanup_message_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif
