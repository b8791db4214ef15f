# imapd: what is built here and from what.
pkglibexec_PROGRAMS += imapd/imapd
imapd_imapd_SOURCES = imapd/imapd.c \
	imapd/append.c imapd/append.h imapd/append_binary.c imapd/append_catenate.c \
	imapd/basic.c \
	imapd/command.c imapd/command.h \
	imapd/compress.c imapd/copy.c \
	imapd/date_time.c imapd/date_time.h imapd/enable.c \
	imapd/fetch.c imapd/fetch.h imapd/fetch_binary.c imapd/fetch_body.c \
	imapd/fetch_parse.c \
	imapd/flags.c imapd/folders.c imapd/id.c imapd/idle.c imapd/input.c \
	imapd/list.c imapd/list.h imapd/list_parse.c \
	imapd/mailbox_name.c \
	imapd/message_url.c imapd/message_url.h \
	imapd/metadata.c imapd/metadata.h imapd/metadata_parse.c \
	imapd/multisearch.c imapd/multisearch.h imapd/multisearch_parse.c \
	imapd/news.c \
	imapd/notify.c imapd/notify.h imapd/notify_metadata.c imapd/notify_metadata.h \
	imapd/notify_park.c imapd/notify_park.h imapd/notify_parse.c imapd/notify_state.c imapd/notify_state.h \
	imapd/notify_tell.c imapd/notify_wait.c \
	imapd/notify_watch.c imapd/notify_watch.h \
	imapd/park.c imapd/park.h imapd/park_codec.c imapd/park_codec.h imapd/park_state.c imapd/park_state.h \
	imapd/parse.c imapd/parse.h \
	imapd/progress.c imapd/progress.h \
	imapd/search.c imapd/search.h imapd/search_context.c imapd/search_context.h imapd/search_header.c \
	imapd/search_match.c imapd/search_parse.c imapd/search_prepare.c \
	imapd/search_return.c imapd/search_return.h \
	imapd/search_run.c imapd/search_run.h imapd/search_text.c \
	imapd/quota.c \
	imapd/resync.c \
	imapd/section.c imapd/section.h imapd/section_parse.c \
	imapd/select.c imapd/select.h imapd/select_parse.c \
	imapd/session.c imapd/session.h \
	imapd/set.c imapd/set.h \
	imapd/sort.c imapd/sort.h imapd/sort_order.c imapd/sort_parse.c \
	imapd/sort_rows.c imapd/sort_rows.h \
	imapd/special_use.c imapd/special_use.h \
	imapd/status.c imapd/status.h imapd/status_parse.c \
	imapd/thread.c imapd/thread.h imapd/thread_private.h imapd/thread_references.c \
	imapd/thread_id.c imapd/thread_id.h imapd/thread_key.c imapd/thread_key.h \
	imapd/thread_subject.c imapd/thread_tree.c imapd/unpark.c
dist_man_MANS += imapd/imapd.8

imapd_grammar = imapd/date_time.c imapd/fetch_parse.c imapd/list_parse.c \
	imapd/mailbox_name.c imapd/message_url.c imapd/metadata_parse.c imapd/multisearch_parse.c \
	imapd/notify_parse.c imapd/parse.c imapd/search_parse.c imapd/search_return.c imapd/section_parse.c imapd/select_parse.c imapd/set.c \
	imapd/sort_parse.c imapd/status_parse.c
imapd_states = imapd/notify_state.c imapd/park_codec.c imapd/park_state.c
imapd_threads = imapd/thread_key.c imapd/thread_references.c imapd/thread_subject.c imapd/thread_tree.c

check_PROGRAMS += t/unit/imapd_parse_test
UNIT_TESTS += t/unit/imapd_parse_test
t_unit_imapd_parse_test_SOURCES = t/unit/imapd_parse_test.c $(imapd_grammar)
t_unit_imapd_parse_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/imapd_search_test
UNIT_TESTS += t/unit/imapd_search_test
t_unit_imapd_search_test_SOURCES = t/unit/imapd_search_test.c $(imapd_grammar)
t_unit_imapd_search_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/imapd_progress_test
UNIT_TESTS += t/unit/imapd_progress_test
t_unit_imapd_progress_test_SOURCES = t/unit/imapd_progress_test.c imapd/progress.c
t_unit_imapd_progress_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/imapd_thread_test
UNIT_TESTS += t/unit/imapd_thread_test
t_unit_imapd_thread_test_SOURCES = t/unit/imapd_thread_test.c $(imapd_threads)
t_unit_imapd_thread_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/imapd_sort_test
UNIT_TESTS += t/unit/imapd_sort_test
t_unit_imapd_sort_test_SOURCES = t/unit/imapd_sort_test.c imapd/sort_rows.c
t_unit_imapd_sort_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/imapd_park_test
UNIT_TESTS += t/unit/imapd_park_test
t_unit_imapd_park_test_SOURCES = t/unit/imapd_park_test.c $(imapd_states)
t_unit_imapd_park_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

if FUZZERS
noinst_PROGRAMS += t/fuzz/imapd_thread_fuzz
FUZZ_TARGETS += t/fuzz/imapd_thread_fuzz
t_fuzz_imapd_thread_fuzz_SOURCES = t/fuzz/imapd_thread_fuzz.c $(imapd_threads)
t_fuzz_imapd_thread_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)

noinst_PROGRAMS += t/fuzz/imapd_park_fuzz
FUZZ_TARGETS += t/fuzz/imapd_park_fuzz
t_fuzz_imapd_park_fuzz_SOURCES = t/fuzz/imapd_park_fuzz.c $(imapd_states)
t_fuzz_imapd_park_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)

noinst_PROGRAMS += t/fuzz/imapd_command_fuzz
FUZZ_TARGETS += t/fuzz/imapd_command_fuzz
t_fuzz_imapd_command_fuzz_SOURCES = t/fuzz/imapd_command_fuzz.c $(imapd_grammar)
t_fuzz_imapd_command_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif
