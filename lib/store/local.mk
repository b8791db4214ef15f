# lib/store: mailboxes as imapd, pop3d and the delivery agents see them.
dist_man_MANS += lib/store/buzon-mailbox.5
lib_libbuzon_a_SOURCES += lib/store/append.c \
	lib/store/annotations.c lib/store/annotations.h \
	lib/store/courier.c lib/store/courier.h lib/store/maildir_courier.c \
	lib/store/control.c lib/store/control.h \
	lib/store/dotlock.c lib/store/dotlock.h \
	lib/store/driver.h \
	lib/store/index.c lib/store/index.h lib/store/index_private.h \
	lib/store/index_flags.c lib/store/index_gone.c lib/store/index_keys.c lib/store/index_mark.c lib/store/index_memory.c lib/store/index_messages.c lib/store/index_numbers.c \
	lib/store/index_pages.c lib/store/index_place.c lib/store/index_records.c \
	lib/store/index_transactions.c \
	lib/store/keys.c lib/store/keys.h lib/store/keywords.c lib/store/keywords.h \
	lib/store/layout.c lib/store/layout.h lib/store/maildir_tree.c \
	lib/store/list.c \
	lib/store/mailbox.c lib/store/status.c \
	lib/store/maildir.h lib/store/maildir_flags.c lib/store/maildir_folders.c \
	lib/store/maildir_copy.c lib/store/maildir_match.c lib/store/maildir_match.h lib/store/maildir_merge.c lib/store/maildir_place.h lib/store/maildir_read.c \
	lib/store/maildir_name.c lib/store/maildir_save.c lib/store/maildir_scan.c \
	lib/store/maildir_sync.c lib/store/maildir_uids.c \
	lib/store/metadata.c lib/store/metadata.h lib/store/metadata_private.h \
	lib/store/metadata_content.c lib/store/metadata_names.c lib/store/metadata_record.c \
	lib/store/mutf7.c lib/store/mutf7.h \
	lib/store/mbox.h lib/store/mbox_change.c lib/store/mbox_list.c \
	lib/store/mbox_read.c lib/store/mbox_scan.c lib/store/mbox_spool.c lib/store/mbox_sync.c \
	lib/store/name.c lib/store/name.h \
	lib/store/pattern.c lib/store/pattern.h \
	lib/store/pop3.c lib/store/pop3.h \
	lib/store/quota.c \
	lib/store/state.c \
	lib/store/recall.c lib/store/store.c lib/store/store.h \
	lib/store/subscriptions.c lib/store/subscriptions.h \
	lib/store/uidlist.c lib/store/uidlist.h \
	lib/store/unpack.c lib/store/unpack.h \
	lib/store/vanished.c lib/store/view.c lib/store/view_glance.c lib/store/view_outline.c

check_PROGRAMS += t/unit/store_names_test
UNIT_TESTS += t/unit/store_names_test
t_unit_store_names_test_SOURCES = t/unit/store_names_test.c
t_unit_store_names_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/store_mbox_test
UNIT_TESTS += t/unit/store_mbox_test
t_unit_store_mbox_test_SOURCES = t/unit/store_mbox_test.c
t_unit_store_mbox_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/store_index_test
UNIT_TESTS += t/unit/store_index_test
t_unit_store_index_test_SOURCES = t/unit/store_index_test.c
t_unit_store_index_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/store_maildir_test
UNIT_TESTS += t/unit/store_maildir_test
t_unit_store_maildir_test_SOURCES = t/unit/store_maildir_test.c t/unit/store_account.c t/unit/store_account.h
t_unit_store_maildir_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/store_changes_test
UNIT_TESTS += t/unit/store_changes_test
t_unit_store_changes_test_SOURCES = t/unit/store_changes_test.c t/unit/store_account.c t/unit/store_account.h
t_unit_store_changes_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/store_recall_test
UNIT_TESTS += t/unit/store_recall_test
t_unit_store_recall_test_SOURCES = t/unit/store_recall_test.c t/unit/store_account.c t/unit/store_account.h
t_unit_store_recall_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/store_full_test
UNIT_TESTS += t/unit/store_full_test
t_unit_store_full_test_SOURCES = t/unit/store_full_test.c t/unit/store_account.c t/unit/store_account.h
t_unit_store_full_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/store_select_test
UNIT_TESTS += t/unit/store_select_test
t_unit_store_select_test_SOURCES = t/unit/store_select_test.c t/unit/store_account.c t/unit/store_account.h
t_unit_store_select_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/store_content_test
UNIT_TESTS += t/unit/store_content_test
t_unit_store_content_test_SOURCES = t/unit/store_content_test.c t/unit/store_account.c t/unit/store_account.h
t_unit_store_content_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/store_adopt_test
UNIT_TESTS += t/unit/store_adopt_test
t_unit_store_adopt_test_SOURCES = t/unit/store_adopt_test.c t/unit/store_account.c t/unit/store_account.h
t_unit_store_adopt_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/store_damage_test
UNIT_TESTS += t/unit/store_damage_test
t_unit_store_damage_test_SOURCES = t/unit/store_damage_test.c t/unit/store_account.c t/unit/store_account.h
t_unit_store_damage_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/store_layout_test
UNIT_TESTS += t/unit/store_layout_test
t_unit_store_layout_test_SOURCES = t/unit/store_layout_test.c t/unit/store_account.c t/unit/store_account.h
t_unit_store_layout_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/store_limits_test
UNIT_TESTS += t/unit/store_limits_test
t_unit_store_limits_test_SOURCES = t/unit/store_limits_test.c t/unit/store_account.c t/unit/store_account.h
t_unit_store_limits_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
t_unit_store_limits_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=calloc,--wrap=realloc,--wrap=free

check_PROGRAMS += t/unit/store_keys_test
UNIT_TESTS += t/unit/store_keys_test
t_unit_store_keys_test_SOURCES = t/unit/store_keys_test.c t/unit/store_account.c t/unit/store_account.h
t_unit_store_keys_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/store_between_test
UNIT_TESTS += t/unit/store_between_test
t_unit_store_between_test_SOURCES = t/unit/store_between_test.c t/unit/store_account.c t/unit/store_account.h
t_unit_store_between_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
t_unit_store_between_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=fstatat

check_PROGRAMS += t/unit/store_power_test
UNIT_TESTS += t/unit/store_power_test
t_unit_store_power_test_SOURCES = t/unit/store_power_test.c t/unit/power_model.c \
	t/unit/power_model.h t/unit/store_account.c t/unit/store_account.h
t_unit_store_power_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
t_unit_store_power_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=fsync,--wrap=fdatasync,--wrap=openat \
	-Wl,--wrap=renameat,--wrap=renameat2,--wrap=linkat,--wrap=unlinkat,--wrap=pwrite,--wrap=ftruncate

if FUZZERS
noinst_PROGRAMS += t/fuzz/uidlist_fuzz t/fuzz/mutf7_fuzz t/fuzz/unpack_fuzz t/fuzz/index_record_fuzz
FUZZ_TARGETS += t/fuzz/uidlist_fuzz t/fuzz/mutf7_fuzz t/fuzz/unpack_fuzz t/fuzz/index_record_fuzz
t_fuzz_index_record_fuzz_SOURCES = t/fuzz/index_record_fuzz.c
t_fuzz_index_record_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_unpack_fuzz_SOURCES = t/fuzz/unpack_fuzz.c
t_fuzz_unpack_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_uidlist_fuzz_SOURCES = t/fuzz/uidlist_fuzz.c
t_fuzz_uidlist_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_mutf7_fuzz_SOURCES = t/fuzz/mutf7_fuzz.c
t_fuzz_mutf7_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif
