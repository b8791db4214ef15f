/* Which command is allowed when, and who runs it. */
#include "lib/base/base.h"

#include "imapd/command.h"

#include "imapd/notify.h"
#include "lib/base/strlist.h"

#define NAME_SHOWN_MAX 20 /* of a command that is none */

enum {
    BY_UID = 1,      /* also as UID FETCH and so on */
    NO_EXPUNGES = 2, /* RFC 3501 section 7.4.1: not while it runs; as UID command it may */
    ASKS_NEWS = 4,   /* news are what it is for */
    MESSAGES = 8,    /* it looks at those of the selected mailbox */
};

/* name, handler, states in which it is allowed, flags */
static const struct command {
    const char *name;
    imapd_handler *run;
    enum imapd_state states;
    unsigned flags;
} commands[] = {
    {"APPEND",       imapd_run_append,       STATE_ANY,      MESSAGES                       },
    {"CANCELUPDATE", imapd_run_cancelupdate, STATE_SELECTED, 0                              },
    {"CAPABILITY",   imapd_run_capability,   STATE_ANY,      0                              },
    {"CHECK",        imapd_run_noop,         STATE_SELECTED, ASKS_NEWS                      },
    {"CLOSE",        imapd_run_close,        STATE_SELECTED, MESSAGES                       },
    {"COMPRESS",     imapd_run_compress,     STATE_ANY,      0                              },
    {"COPY",         imapd_run_copy,         STATE_SELECTED, MESSAGES | BY_UID              },
    {"CREATE",       imapd_run_create,       STATE_ANY,      0                              },
    {"DELETE",       imapd_run_delete,       STATE_ANY,      0                              },
    {"ENABLE",       imapd_run_enable,       STATE_ANY,      0                              },
    {"ESEARCH",      imapd_run_esearch,      STATE_ANY,      MESSAGES                       },
    {"EXAMINE",      imapd_run_examine,      STATE_ANY,      0                              },
    {"EXPUNGE",      imapd_run_expunge,      STATE_SELECTED, MESSAGES | BY_UID              },
    {"FETCH",        imapd_run_fetch,        STATE_SELECTED, BY_UID | NO_EXPUNGES           },
    {"GETMETADATA",  imapd_run_getmetadata,  STATE_ANY,      0                              },
    {"GETQUOTA",     imapd_run_getquota,     STATE_ANY,      0                              },
    {"GETQUOTAROOT", imapd_run_getquotaroot, STATE_ANY,      0                              },
    {"ID",           imapd_run_id,           STATE_ANY,      0                              },
    {"IDLE",         imapd_run_idle,         STATE_ANY,      ASKS_NEWS                      },
    {"LIST",         imapd_run_list,         STATE_ANY,      0                              },
    {"LOGOUT",       imapd_run_logout,       STATE_ANY,      0                              },
    {"LSUB",         imapd_run_lsub,         STATE_ANY,      0                              },
    {"MOVE",         imapd_run_move,         STATE_SELECTED, MESSAGES | BY_UID              },
    {"NAMESPACE",    imapd_run_namespace,    STATE_ANY,      0                              },
    {"NOOP",         imapd_run_noop,         STATE_ANY,      ASKS_NEWS                      },
    {"NOTIFY",       imapd_run_notify,       STATE_ANY,      0                              },
    {"RENAME",       imapd_run_rename,       STATE_ANY,      0                              },
    {"REPLACE",      imapd_run_replace,      STATE_SELECTED, MESSAGES | BY_UID              },
    {"SEARCH",       imapd_run_search,       STATE_SELECTED, MESSAGES | BY_UID | NO_EXPUNGES},
    {"SELECT",       imapd_run_select,       STATE_ANY,      0                              },
    {"SETMETADATA",  imapd_run_setmetadata,  STATE_ANY,      0                              },
    {"SETQUOTA",     imapd_run_setquota,     STATE_ANY,      0                              },
    {"SORT",         imapd_run_sort,         STATE_SELECTED, MESSAGES | BY_UID | NO_EXPUNGES},
    {"STATUS",       imapd_run_status,       STATE_ANY,      0                              },
    {"STORE",        imapd_run_store,        STATE_SELECTED, MESSAGES | BY_UID | NO_EXPUNGES},
    {"SUBSCRIBE",    imapd_run_subscribe,    STATE_ANY,      0                              },
    {"THREAD",       imapd_run_thread,       STATE_SELECTED, MESSAGES | BY_UID | NO_EXPUNGES},
    {"UNSELECT",     imapd_run_unselect,     STATE_SELECTED, 0                              },
    {"UNSUBSCRIBE",  imapd_run_unsubscribe,  STATE_ANY,      0                              },
};

static const struct command *find_command(struct span name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
        if (span_equal_text_nocase(name, commands[i].name))
            return &commands[i];
    }
    return NULL;
}

/* tag = 1*<any ASTRING-CHAR except "+"> */
static bool take_tag(struct imapd_session *session, struct cursor *at)
{
    const unsigned char *first = at->next;

    while (!cursor_at_end(*at) && *at->next > 0x20 && *at->next < 0x7f &&
           strchr("+(){%*\"\\", *at->next) == NULL)
        at->next++;
    if (at->next == first || (!cursor_at_end(*at) && *at->next != ' '))
        return false;
    session->tag = span_of(first, (size_t)(at->next - first));
    (void)!parse_space(at);
    return true;
}

static const struct command *take_command(struct imapd_session *session, struct cursor *at)
{
    const struct command *command;
    struct span name;

    if (!parse_atom(at, &name))
        return NULL;
    if (span_equal_text_nocase(name, "UID")) {
        session->by_uid = true;
        if (!parse_space(at) || !parse_atom(at, &name))
            return NULL;
    }
    command = find_command(name);
    if (command != NULL && session->by_uid && (command->flags & BY_UID) == 0)
        return NULL;
    return command;
}

/* News only when asked for: NOTIFY without the selected mailbox (RFC 5465 section 3), or old clients that
 * are confused by them. */
static bool wants_no_news(const struct imapd_session *session)
{
    return !notify_wants_selected(session) ||
           strlist_text_has(session->config->imap_client_workarounds, ", \t", "delay-newmail");
}

bool imapd_show_messages(struct imapd_session *session)
{
    struct error err = {0};

    if (session->mailbox == NULL || mailbox_show(session->mailbox, &err))
        return true;
    if (imapd_lost_for(&err) == NULL) {
        imapd_failed(session, &err);
    } else {
        imapd_mailbox_lost(session, &err);
        imapd_no(session, "%s", session->last_words);
    }
    return false;
}

/* By its name, as far as that is one. */
static void refuse_unknown(struct imapd_session *session, struct cursor at)
{
    struct buf name = BUF(BUF_UNLIMITED);

    for (; !cursor_at_end(at) && name.len < NAME_SHOWN_MAX && is_alnum(*at.next); at.next++)
        buf_put_char(&name, to_upper((char)*at.next));
    imapd_bad(session, arena_printf(session->arena, "Error in IMAP command%s%.*s: Unknown command.",
                                    name.len == 0 ? "" : " ", SPAN_PRINTF(buf_span(&name))));
    buf_release(&name);
}

void imapd_command(struct imapd_session *session)
{
    struct cursor at = cursor_of(buf_span(&session->command));
    const struct command *command;
    struct cursor named;
    unsigned bad = session->bad_commands;

    if (!take_tag(session, &at)) {
        session->tag = SPAN_EMPTY;
        imapd_bad(session, "Error in IMAP command: Invalid tag.");
        return;
    }
    named = at;
    command = take_command(session, &at);
    if (command == NULL) {
        refuse_unknown(session, named);
    } else if ((command->states & session->state) == 0) {
        imapd_bad(session, "No mailbox selected.");
    } else {
        session->no_expunges = (command->flags & NO_EXPUNGES) != 0 && !session->by_uid;
        session->keeps_still = (command->flags & ASKS_NEWS) == 0 && wants_no_news(session);
        if ((command->flags & MESSAGES) == 0 || imapd_show_messages(session))
            command->run(session, at);
    }
    if (session->has_literal && !session->ended)
        imapd_skip_literal(session);
    if (session->bad_commands == bad)
        session->bad_commands = 0;
}
