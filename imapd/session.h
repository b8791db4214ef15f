/* The state of one client's IMAP session, after login; everything in imapd takes a pointer to it. */
#ifndef BUZON_IMAPD_SESSION_H
#define BUZON_IMAPD_SESSION_H

#include "imapd/parse.h"
#include "imapd/set.h"
#include "lib/config/config.h"
#include "lib/io/stream.h"
#include "lib/store/store.h"

#include <sys/types.h>

#define IMAPD_LINE_MAX 65536 /* octets of a command, with the literals in it (but APPEND's) */
#define IMAPD_BAD_MAX  20    /* commands in a row that make no sense */
#define IMAPD_RESPONSE 32768 /* octets that gather before they go to the stream */

/* What the client has enabled (RFC 5161), or shown that it knows (RFC 7162 section 3.1). */
enum imapd_enabled {
    ENABLED_CONDSTORE = 1, /* FETCH responses have MODSEQ */
    ENABLED_QRESYNC = 2,   /* VANISHED instead of EXPUNGE, FETCH responses have UID */
    ENABLED_REV2 = 4,      /* IMAP4rev2: no \Recent, ESEARCH instead of SEARCH, names in UTF-8 */
    ENABLED_UTF8 = 8,      /* UTF8=ACCEPT: names and strings in UTF-8 */
};

enum imapd_state { STATE_AUTHENTICATED = 1, STATE_SELECTED = 2, STATE_ANY = 3 };

#define SEARCH_CONTEXTS_MAX 10 /* searches that go on (imapd/search_context.h) */

struct search_context;
struct search_contexts {
    struct search_context *list[SEARCH_CONTEXTS_MAX];
    size_t count;
};

/* What the last log line tells. */
struct imapd_counters {
    uint64_t deleted, expunged, trashed;
    uint64_t header_count, header_octets, body_count, body_octets;
};

/*
 * A place in a long section, from which the next piece of it is found without reading all before: clients
 * fetch attachments piece by piece. So many octets of the file, and of the section with CRLF, stand
 * before it. Not kept when the session is parked.
 */
struct imapd_place {
    char guid[33]; /* of the mailbox */
    uint32_t uid;
    uint64_t start; /* of the section in the file */
    uint64_t raw, octets;
    char previous; /* the octet before it, for crlf_put */
};

struct imapd_session {
    const struct config *config;
    struct stream *client;
    struct store *store;
    struct mailbox *mailbox; /* the selected one, or NULL */
    enum imapd_state state;
    const char *user, *id;            /* of the log */
    pid_t pid;                        /* likewise: the process in which the session began */
    int64_t heard_ms;                 /* when the client said something for the last time */
    uint64_t earlier_in, earlier_out; /* octets before it was parked */
    struct imapd_parking *parking;    /* NULL: it cannot be (park.h) */

    /* Of the command that runs: */
    struct arena *arena;
    struct buf command;     /* its text, literals within */
    struct literal literal; /* APPEND: the message that follows the text */
    bool has_literal;
    struct span tag;
    bool by_uid;         /* UID FETCH and so on */
    bool no_expunges;    /* the client's numbers must not change now */
    bool keeps_still;    /* what others did in the selected mailbox is not to be told now */
    struct buf response; /* untagged responses on their way to the stream */

    unsigned enabled;       /* enum imapd_enabled */
    struct saved_set saved; /* "$": what the last SEARCH with SAVE found in this mailbox */

    struct search_contexts contexts; /* searches of it that go on */

    struct notify *notify; /* what the client wants to hear of without asking; NULL: nothing */

    struct imapd_place place;

    unsigned bad_commands; /* in a row */
    bool ended;
    const char *last_words; /* of the BYE that is still to be said; NULL: none is */
    const char *end_reason; /* for the log */
    struct imapd_counters counters;
    size_t told_count;      /* messages that the client knows of */
    uint32_t told_keywords; /* keywords that were in the last FLAGS response */
    bool told_no_modseqs;   /* of the selected mailbox; then the session is not parked */
};

/* imapd_session_begin - with client, store and names set */
void imapd_session_begin(struct imapd_session *session);
/* imapd_session_run - until the client leaves, or the session is parked; everything but `session` itself
 * is released */
void imapd_session_run(struct imapd_session *session);
/* imapd_octets_in, imapd_octets_out - of the whole session */
uint64_t imapd_octets_in(const struct imapd_session *session);
uint64_t imapd_octets_out(const struct imapd_session *session);
/* imapd_log_name, imapd_counters_text - first and last part of the session's last log line; to be freed */
char *imapd_log_name(const struct imapd_session *session);
char *imapd_counters_text(const struct imapd_session *session);

/* imapd_flush - what gathered in session->response goes to the stream */
void imapd_flush(struct imapd_session *session);

/* --- replies ----------------------------------------------------------------------------------- */

/* Tagged; the first after the untagged news of the selected mailbox. */
void imapd_ok(struct imapd_session *session, const char *format, ...) PRINTF(2, 3);
void imapd_no(struct imapd_session *session, const char *format, ...) PRINTF(2, 3);
/* imapd_ok_code - OK with a code that may be long, such as "[COPYUID ...] ", or empty, before the text */
void imapd_ok_code(struct imapd_session *session, struct span code, const char *text);
/* imapd_bad - the command makes no sense */
void imapd_bad(struct imapd_session *session, const char *text);
/* imapd_failed - NO with what *err says; a TEMPORARY error is logged, and the client told little */
void imapd_failed(struct imapd_session *session, const struct error *err);
/* imapd_log_error - to the log alone, with the session's name before it */
void imapd_log_error(const struct imapd_session *session, const struct error *err);
/* imapd_bye - the session ends; `reason` is also for the log */
void imapd_bye(struct imapd_session *session, const char *reason);
/* imapd_lost_for - why the selected mailbox cannot be shown any more, in words for the client; NULL: *err says nothing
 * like that */
const char *imapd_lost_for(const struct error *err);
/* imapd_mailbox_lost - the selected mailbox cannot be shown any more: the session ends. What is answered yet to the
 * command that runs goes before the BYE. */
void imapd_mailbox_lost(struct imapd_session *session, const struct error *err);

/* --- mailbox names (mailbox_name.c) --------------------------------------------------------------- */

/* imapd_encode_name - from what the client wrote to modified UTF-7; false: it is not UTF-8, or too long */
bool imapd_encode_name(struct imapd_session *session, struct span *name) MUST_CHECK;
/* imapd_shown_name - as this client reads it; the arena's */
const char *imapd_shown_name(struct imapd_session *session, const char *name);
/* imapd_put_mailbox - likewise, as a string in session->response */
void imapd_put_mailbox(struct imapd_session *session, const char *name);
/* imapd_put_list - an untagged LIST response of one mailbox; old_name (RFC 9051 section 7.3.1) may be NULL */
void imapd_put_list(struct imapd_session *session, const char *attributes, const char *name,
                    const char *old_name);

/* --- input (input.c) --------------------------------------------------------------------------- */

/* imapd_read_command - one whole command into session->command. false: the session has ended, or the
 * command was refused and nothing of it is left. */
bool imapd_read_command(struct imapd_session *session) MUST_CHECK;
/* imapd_read_more_of_append - the line behind a message, which may announce the next one */
bool imapd_read_more_of_append(struct imapd_session *session) MUST_CHECK;
/* imapd_invite - the client may send its literal; nothing for a non-synchronizing one */
void imapd_invite(struct imapd_session *session);
/* imapd_skip_literal - a literal that nobody wants: read and forget it when it comes anyway */
void imapd_skip_literal(struct imapd_session *session);
/* imapd_input_failed - end the session for what a read of the stream said */
void imapd_input_failed(struct imapd_session *session, enum stream_status status);

/* --- news of the selected mailbox (news.c) ------------------------------------------------------- */

/* imapd_show_messages - of the selected mailbox, if there is one: SELECT has read their counts alone. false:
 * the command was answered */
bool imapd_show_messages(struct imapd_session *session) MUST_CHECK;
/* imapd_tell_news - untagged EXPUNGE (unless no_expunges), EXISTS, RECENT, FLAGS and FETCH for what
 * changed; looks at the mailbox first */
void imapd_tell_news(struct imapd_session *session);
/* imapd_put_counts - EXISTS and RECENT of the selected mailbox: the client knows all messages then */
void imapd_put_counts(struct imapd_session *session, size_t messages, size_t recent);
/* imapd_put_news - one untagged FETCH with these */
enum news_item { NEWS_FLAGS = 1, NEWS_UID = 2, NEWS_MODSEQ = 4 };
void imapd_put_news(struct imapd_session *session, size_t index, unsigned items);
/* imapd_enable - bits of enum imapd_enabled; what the client must hear of it is put (enable.c) */
void imapd_enable(struct imapd_session *session, unsigned bits);
/* imapd_need_modseqs - a command goes by modseqs, in what of it: the client counts them from now on. false: the selected
 * mailbox has none, and the command was answered (RFC 7162 section 3.1.2.2) */
bool imapd_need_modseqs(struct imapd_session *session, const char *command,
                        const char *what) MUST_CHECK;
/* imapd_tells_modseqs - does the client want those of the selected mailbox, and are there any? */
bool imapd_tells_modseqs(const struct imapd_session *session);
/* imapd_put_highest_modseq - of the selected mailbox; or that it has none */
void imapd_put_highest_modseq(struct imapd_session *session);
/* imapd_ok_modseq - imapd_ok, which tells a QRESYNC client the HIGHESTMODSEQ that it has now */
void imapd_ok_modseq(struct imapd_session *session, const char *text);
/* imapd_put_flags - "(\Seen foo)" of a message */
void imapd_put_flags(const struct imapd_session *session, struct buf *out,
                     const struct mailbox_message *message);
/* imapd_put_known_flags - FLAGS and PERMANENTFLAGS of the selected mailbox */
void imapd_put_known_flags(struct imapd_session *session);

#endif
