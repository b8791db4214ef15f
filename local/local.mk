# local: delivery to UNIX accounts.
pkglibexec_PROGRAMS += local/local
local_local_SOURCES = local/local.c local/delivery.h local/recipient.c local/alias.c local/alias.h \
	local/biff.c local/biff.h \
	local/expand.c local/item.c local/item.h local/forward.c local/target.c local/mailbox.c local/resend.c local/outcome.c
dist_man_MANS += local/local.8

check_PROGRAMS += t/unit/local_item_test
UNIT_TESTS += t/unit/local_item_test
t_unit_local_item_test_SOURCES = t/unit/local_item_test.c local/item.c
t_unit_local_item_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

if FUZZERS
noinst_PROGRAMS += t/fuzz/alias_items_fuzz
FUZZ_TARGETS += t/fuzz/alias_items_fuzz
t_fuzz_alias_items_fuzz_SOURCES = t/fuzz/alias_items_fuzz.c local/item.c
t_fuzz_alias_items_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif
