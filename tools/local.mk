# tools: what is built here and from what.
sbin_PROGRAMS += tools/buzon
tools_buzon_SOURCES = tools/buzon.c tools/buzon.h tools/buzon_master.c tools/buzon_upkeep.c \
	tools/caller.c tools/caller.h tools/check.c tools/check.h \
	tools/tls_command.c tools/tls_command.h tools/tls_settings.c tools/tls_pair.c tools/tls_output.c \
	tools/non_bdb.c tools/json_text.c tools/json_text.h \
	tools/server_key.c tools/server_key.h tools/conf/edit.h tools/conf/edit_main.c tools/conf/edit_master.c \
	tools/conf/edited_file.c tools/conf/print.c tools/conf/print.h tools/conf/service.c tools/conf/service.h \
	tools/conf/source_line.c tools/conf/source_line.h
dist_man_MANS += tools/buzon.8

sbin_PROGRAMS += tools/buzonlog
tools_buzonlog_SOURCES = tools/buzonlog.c tools/caller.c tools/caller.h
dist_man_MANS += tools/buzonlog.1

sbin_PROGRAMS += tools/buzonlock tools/buzonkick
tools_buzonlock_SOURCES = tools/buzonlock.c tools/caller.c tools/caller.h
tools_buzonkick_SOURCES = tools/buzonkick.c tools/caller.c tools/caller.h
dist_man_MANS += tools/buzonmulti.1 tools/buzonlock.1 tools/buzonkick.1

sbin_PROGRAMS += tools/buzonmulti
tools_buzonmulti_SOURCES = tools/buzonmulti.c tools/multi.c tools/multi.h tools/multi_create.c \
	tools/multi_edit.c tools/multi_edit.h tools/multi_lists.c tools/json_text.c \
	tools/json_text.h tools/caller.c tools/caller.h

sbin_PROGRAMS += tools/buzonqueue
tools_buzonqueue_SOURCES = tools/buzonqueue.c tools/caller.c tools/caller.h tools/queue_list.c \
	tools/queue_list.h tools/queue_shape.c tools/queue_shape.h tools/queue_text.c tools/queue_text.h tools/json_text.c tools/json_text.h \
	tools/selection.c tools/selection.h
dist_man_MANS += tools/buzonqueue.1

check_PROGRAMS += t/unit/tools_queue_text_test
UNIT_TESTS += t/unit/tools_queue_text_test
t_unit_tools_queue_text_test_SOURCES = t/unit/tools_queue_text_test.c tools/queue_text.c \
	tools/queue_text.h tools/json_text.c tools/json_text.h
t_unit_tools_queue_text_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

sbin_PROGRAMS += tools/buzonconf
tools_buzonconf_SOURCES = tools/buzonconf.c tools/caller.c tools/caller.h tools/json_text.c tools/json_text.h \
	tools/conf/call.c tools/conf/call.h tools/conf/conf.h \
	tools/conf/explain.c tools/conf/explain.h tools/conf/explain_agent.c tools/conf/explaining.h \
	tools/conf/explanation.c tools/conf/explanation.h \
	tools/conf/source_line.c tools/conf/source_line.h \
	tools/conf/edit.h tools/conf/edit_main.c tools/conf/edit_master.c tools/conf/edited_file.c \
	tools/conf/print.c tools/conf/print.h \
	tools/conf/service.c tools/conf/service.h \
	tools/conf/show.h tools/conf/show_bounce.c tools/conf/show_main.c tools/conf/show_master.c \
	tools/conf/show_types.c
dist_man_MANS += tools/buzonconf.1
sbin_PROGRAMS += tools/buzonsuper
tools_buzonsuper_SOURCES = tools/buzonsuper.c tools/caller.c tools/caller.h tools/requeue.c \
	tools/requeue.h tools/super.c tools/super.h tools/selection.c tools/selection.h
dist_man_MANS += tools/buzonsuper.1

sbin_PROGRAMS += tools/buzoncat
tools_buzoncat_SOURCES = tools/buzoncat.c tools/caller.c tools/caller.h tools/dropped_file.c tools/dropped_file.h
dist_man_MANS += tools/buzoncat.1


sbin_PROGRAMS += tools/buzondrop
tools_buzondrop_SOURCES = tools/buzondrop.c tools/caller.c tools/caller.h

sbin_PROGRAMS += tools/sendmail
tools_sendmail_SOURCES = tools/sendmail.c tools/caller.c tools/caller.h tools/sendmail_call.c tools/sendmail_call.h \
	tools/content_input.c tools/content_input.h \
	tools/recipient_list.c tools/recipient_list.h tools/sendmail_smtp.c tools/sendmail_smtp.h tools/submission.c tools/submission.h

check_PROGRAMS += t/unit/tools_recipient_list_test
UNIT_TESTS += t/unit/tools_recipient_list_test
t_unit_tools_recipient_list_test_SOURCES = t/unit/tools_recipient_list_test.c \
	tools/recipient_list.c tools/recipient_list.h
t_unit_tools_recipient_list_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/tools_content_input_test
UNIT_TESTS += t/unit/tools_content_input_test
t_unit_tools_content_input_test_SOURCES = t/unit/tools_content_input_test.c \
	tools/content_input.c tools/content_input.h
t_unit_tools_content_input_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
dist_man_MANS += tools/buzondrop.1 tools/sendmail.1 tools/mailq.1 tools/newaliases.1

# The names of Postfix's tools, for a package of its own: what is called so says what those would say.
POSTFIX_NAMES = conf map alias queue super cat log lock kick multi drop

install-postfix-names:
	$(MKDIR_P) "$(DESTDIR)$(sbindir)"
	cd "$(DESTDIR)$(sbindir)" && $(LN_S) -f buzon postfix && \
	for name in $(POSTFIX_NAMES); do $(LN_S) -f buzon$$name post$$name || exit 1; done

uninstall-postfix-names:
	rm -f "$(DESTDIR)$(sbindir)/postfix"
	for name in $(POSTFIX_NAMES); do rm -f "$(DESTDIR)$(sbindir)/post$$name"; done

.PHONY: install-postfix-names uninstall-postfix-names

# sendmail is known by two more names, where users find them.
install-exec-hook:
	$(MKDIR_P) $(DESTDIR)$(bindir)
	target=$$(realpath -m --relative-to=$(DESTDIR)$(bindir) $(DESTDIR)$(sbindir)/sendmail) && \
	for name in mailq newaliases; do $(LN_S) -f $$target $(DESTDIR)$(bindir)/$$name || exit 1; done

uninstall-hook:
	rm -f $(DESTDIR)$(bindir)/mailq $(DESTDIR)$(bindir)/newaliases

sbin_PROGRAMS += tools/buzonmap tools/buzonalias
TABLE_TOOL_SOURCES = tools/table_tool.c tools/table_tool.h tools/table_build.c tools/table_change.c \
	tools/table_query.c tools/message_keys.c tools/message_keys.h tools/named_files.c \
	tools/named_files.h tools/json_text.c tools/json_text.h tools/caller.c tools/caller.h
tools_buzonmap_SOURCES = tools/buzonmap.c $(TABLE_TOOL_SOURCES)
tools_buzonalias_SOURCES = tools/buzonalias.c $(TABLE_TOOL_SOURCES)
dist_man_MANS += tools/buzonmap.1 tools/buzonalias.1
