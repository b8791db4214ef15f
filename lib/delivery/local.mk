# lib/delivery: what is built here and from what.
lib_libbuzon_a_SOURCES += lib/delivery/alias_item.c lib/delivery/alias_item.h lib/delivery/mailbox.c lib/delivery/mailbox.h \
	lib/delivery/agent.c lib/delivery/agent.h \
	lib/delivery/blame.c lib/delivery/blame.h \
	lib/delivery/bounce_template.c lib/delivery/bounce_template.h \
	lib/delivery/command.c lib/delivery/command.h \
	lib/delivery/content.c lib/delivery/content.h \
	lib/delivery/deposit.c lib/delivery/deposit.h \
	lib/delivery/maildir.c lib/delivery/maildir.h \
	lib/delivery/maildirsize.c lib/delivery/maildirsize.h lib/delivery/maildirsize_count.c \
	lib/delivery/mbox.c lib/delivery/mbox.h lib/delivery/mbox_lock.c \
	lib/delivery/status_filter.c lib/delivery/status_filter.h \
	lib/delivery/listing.c lib/delivery/listing.h lib/delivery/listing_internal.h \
	lib/delivery/listing_maildrop.c \
	lib/delivery/lock_holder.c lib/delivery/lock_holder.h \
	lib/delivery/log_line.c lib/delivery/log_line.h \
	lib/delivery/notice.c lib/delivery/notice.h \
	lib/delivery/quota.h lib/delivery/quota_rule.c \
	lib/delivery/reasons.c lib/delivery/reasons.h \
	lib/delivery/request.c lib/delivery/request.h \
	lib/delivery/status.c lib/delivery/status.h

check_PROGRAMS += t/unit/delivery_maildir_test
UNIT_TESTS += t/unit/delivery_maildir_test
t_unit_delivery_maildir_test_SOURCES = t/unit/delivery_maildir_test.c
t_unit_delivery_maildir_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/delivery_request_test
UNIT_TESTS += t/unit/delivery_request_test
t_unit_delivery_request_test_SOURCES = t/unit/delivery_request_test.c
t_unit_delivery_request_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/delivery_command_test
UNIT_TESTS += t/unit/delivery_command_test
t_unit_delivery_command_test_SOURCES = t/unit/delivery_command_test.c
t_unit_delivery_command_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/delivery_quota_test
UNIT_TESTS += t/unit/delivery_quota_test
t_unit_delivery_quota_test_SOURCES = t/unit/delivery_quota_test.c
t_unit_delivery_quota_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/bounce_template_test
UNIT_TESTS += t/unit/bounce_template_test
t_unit_bounce_template_test_SOURCES = t/unit/bounce_template_test.c
t_unit_bounce_template_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

if FUZZERS
noinst_PROGRAMS += t/fuzz/bounce_template_fuzz t/fuzz/delivery_fuzz t/fuzz/maildirsize_fuzz \
	t/fuzz/reasons_fuzz
FUZZ_TARGETS += t/fuzz/bounce_template_fuzz t/fuzz/delivery_fuzz t/fuzz/maildirsize_fuzz \
	t/fuzz/reasons_fuzz
t_fuzz_bounce_template_fuzz_SOURCES = t/fuzz/bounce_template_fuzz.c
t_fuzz_bounce_template_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_maildirsize_fuzz_SOURCES = t/fuzz/maildirsize_fuzz.c
t_fuzz_maildirsize_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_delivery_fuzz_SOURCES = t/fuzz/delivery_fuzz.c
t_fuzz_delivery_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_reasons_fuzz_SOURCES = t/fuzz/reasons_fuzz.c
t_fuzz_reasons_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif

check_PROGRAMS += t/unit/delivery_alias_item_test
UNIT_TESTS += t/unit/delivery_alias_item_test
t_unit_delivery_alias_item_test_SOURCES = t/unit/delivery_alias_item_test.c
t_unit_delivery_alias_item_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
