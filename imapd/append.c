/*
 * APPEND: RFC 3501 section 6.3.11, with several messages (RFC 3502) and UIDs (RFC 4315). Messages go
 * from the stream to their files; they come to be together, at the end.
 */
#include "lib/base/base.h"

#include "imapd/command.h"

#include "imapd/date_time.h"
#include "imapd/set.h"

/* One APPEND on its way. After `failed` the rest is only read. */
struct append {
    struct imapd_session *session;
    struct store_append *store;                /* NULL: there is no such mailbox */
    uint64_t pending_octets, pending_messages; /* that stand by already, with this one */
    struct error err;
    bool failed;
};

static void fail(struct append *append)
{
    append->failed = true;
}

/* [SP flag-list] [SP date-time] SP, up to where the literal stood */
static bool take_attributes(struct cursor *at, struct flag_list *flags, uint64_t *date_r)
{
    *date_r = 0;
    if (!parse_space(at))
        return false;
    if (!cursor_at_end(*at) && *at->next == '(' &&
        (!parse_flag_list(at, flags) || !parse_space(at)))
        return false;
    if (!cursor_at_end(*at) && *at->next == '"' &&
        (!date_time_parse(at, date_r) || !parse_space(at)))
        return false;
    return parse_end(at);
}

static bool is_too_big(const struct imapd_session *session)
{
    int64_t limit = session->config->message_size_limit;

    return limit > 0 && session->literal.size > (uint64_t)limit;
}

/* The octets of the literal, from the stream to the file. */
static void take_message(struct append *append)
{
    struct imapd_session *session = append->session;
    uint64_t left = session->literal.size;

    imapd_invite(session);
    while (left > 0 && !session->ended) {
        struct span available;
        enum stream_status status = stream_fill(session->client, &available);
        if (status != STREAM_OK) {
            imapd_input_failed(session, status);
            return;
        }
        available = span_first(available, left < available.len ? (size_t)left : available.len);
        if (!append->failed && !store_append_write(append->store, available, &append->err))
            fail(append);
        stream_consume(session->client, available.len);
        left -= available.len;
    }
    append->pending_octets += session->literal.size;
}

static void begin_message(struct append *append, struct cursor *at)
{
    struct flag_list flags = {0};
    uint64_t date = 0;

    if (!take_attributes(at, &flags, &date)) {
        error_set(&append->err, ERROR_MALFORMED, "Error in IMAP command: Invalid arguments.");
        fail(append);
    } else if (is_too_big(append->session)) {
        error_set(&append->err, ERROR_PERMANENT, "[TOOBIG] Message is too large.");
        fail(append);
    } else if (!append->failed &&
               !store_has_room(append->session->store, append->pending_octets + 1,
                               ++append->pending_messages, &append->err)) {
        fail(append); /* before all of it is sent for nothing */
    } else if (!append->failed && !store_append_message(append->store, flags.flags, &flags.keywords,
                                                        date, &append->err)) {
        fail(append);
    }
    flag_list_release(&flags);
}

static void reply_failed(struct append *append)
{
    const struct error *err = &append->err;

    if (err->kind == ERROR_MALFORMED)
        imapd_bad(append->session, err->text);
    else if (append->store == NULL && err->number == ENOENT)
        imapd_no(append->session, "[TRYCREATE] %s", err->text);
    else if (err->kind == ERROR_PERMANENT && err->number == 0)
        imapd_no(append->session, "%s", err->text);
    else
        imapd_failed(append->session, err);
}

static void commit(struct append *append)
{
    struct imapd_session *session = append->session;
    struct buf text = BUF(BUF_UNLIMITED);
    uint32_t uidvalidity;
    const uint32_t *uids;
    size_t count;

    if (!store_append_commit(append->store, &uidvalidity, &uids, &count, &append->err)) {
        reply_failed(append);
        return;
    }
    if (uidvalidity != 0 && count < 100) {
        buf_put_printf(&text, "[APPENDUID %" PRIu32 " ", uidvalidity);
        set_put_uids(&text, uids, count);
        buf_put_text(&text, "] ");
    }
    imapd_ok(session, "%sAppend completed.", buf_text(&text));
    buf_release(&text);
}

/* Message after message, as long as a literal comes. A refused one ends it: what follows is not read
 * when the client waits for us to ask. */
static void take_messages(struct append *append, struct cursor at)
{
    struct imapd_session *session = append->session;

    for (;;) {
        begin_message(append, &at);
        if (append->failed) {
            imapd_skip_literal(session);
            return;
        }
        take_message(append);
        buf_clear(&session->command);
        if (session->ended || !imapd_read_more_of_append(session))
            return;
        at = cursor_of(buf_span(&session->command));
        if (!session->has_literal) {
            if (!parse_end(&at)) {
                error_set(&append->err, ERROR_MALFORMED,
                          "Error in IMAP command: Invalid arguments.");
                fail(append);
            }
            return;
        }
    }
}

void imapd_run_append(struct imapd_session *session, struct cursor at)
{
    struct append append = {.session = session};
    const char *name;

    if (!session->has_literal) {
        imapd_bad(session, "Error in IMAP command: Invalid arguments.");
        return;
    }
    session->tag = span_of(arena_text(session->arena, session->tag), session->tag.len);
    if (!imapd_take_mailbox(session, &at, &name))
        return;
    append.store = store_append_begin(session->store, name, &append.err);
    if (append.store == NULL) {
        fail(&append);
        imapd_skip_literal(session);
    } else {
        take_messages(&append, at);
    }
    if (session->ended)
        ;
    else if (append.failed)
        reply_failed(&append);
    else
        commit(&append);
    store_append_free(&append.store);
}
