/*
 * APPEND: RFC 3501 section 6.3.11, with several messages (RFC 3502), UIDs (RFC 4315), literal8 (RFC 3516),
 * CATENATE (RFC 4469) and UTF8 (RFC 6855); REPLACE: RFC 8508. Messages go from the stream to their files;
 * they come to be together, at the end.
 */
#include "lib/base/base.h"

#include "imapd/append.h"

#include "imapd/command.h"
#include "imapd/date_time.h"
#include "imapd/set.h"

/* --- failing ----------------------------------------------------------------------------------- */

void append_fail(struct append *append)
{
    append->failed = true;
}

void append_refuse(struct append *append, const char *text)
{
    if (append->failed)
        return;
    error_set(&append->err, ERROR_PERMANENT, "%s", text);
    append_fail(append);
}

void append_bad(struct append *append)
{
    error_set(&append->err, ERROR_MALFORMED, "Error in IMAP command: Invalid arguments.");
    append_fail(append);
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

/* --- content ----------------------------------------------------------------------------------- */

void append_write(struct append *append, struct span octets)
{
    int64_t limit = append->session->config->message_size_limit;

    if (append->failed)
        return;
    append->size += octets.len;
    if (limit > 0 && append->size > (uint64_t)limit)
        append_refuse(append, "[TOOBIG] Message is too large.");
    else if (!store_append_write(append->store, octets, &append->err))
        append_fail(append);
}

/* The rest of the command up to its end, or to the next literal. */
static void read_more(struct append *append)
{
    struct imapd_session *session = append->session;

    buf_clear(&session->command);
    append->at = cursor_of(SPAN_EMPTY);
    if (!session->ended && imapd_read_more_of_append(session))
        append->at = cursor_of(buf_span(&session->command));
}

void append_take_literal(struct append *append, append_take *take, void *context)
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
        if (!append->failed)
            take(append, context, available);
        stream_consume(session->client, available.len);
        left -= available.len;
    }
    read_more(append);
}

static void write_octets(struct append *append, void *context UNUSED, struct span octets)
{
    append_write(append, octets);
}

/* --- a message --------------------------------------------------------------------------------- */

/* [SP flag-list] [SP date-time] SP */
static bool take_attributes(struct cursor *at, struct flag_list *flags, uint64_t *date_r)
{
    *date_r = 0;
    if (!parse_space(at))
        return false;
    if (!cursor_at_end(*at) && *at->next == '(' &&
        (!parse_flag_list(at, flags) || !parse_space(at)))
        return false;
    return cursor_at_end(*at) || *at->next != '"' ||
           (date_time_parse(at, date_r) && parse_space(at));
}

/* Before all of a message is sent for nothing. */
static bool has_room(struct append *append)
{
    const struct imapd_session *session = append->session;
    int64_t limit = session->config->message_size_limit;

    if (session->has_literal && limit > 0 && session->literal.size > (uint64_t)limit) {
        append_refuse(append, "[TOOBIG] Message is too large.");
        return false;
    }
    if (store_has_room(session->store, append->mailbox, append->pending_octets + 1,
                       ++append->pending_messages, &append->err))
        return true;
    append_fail(append);
    return false;
}

static void begin_message(struct append *append)
{
    struct flag_list flags = {0};
    uint64_t date = 0;

    append->size = 0;
    if (!take_attributes(&append->at, &flags, &date))
        append_bad(append);
    else if (!append->failed && has_room(append) &&
             !store_append_message(append->store, flags.flags, &flags.keywords, date, &append->err))
        append_fail(append);
    flag_list_release(&flags);
}

/* A client that wants no more of an APPEND sends an empty message: RFC 3502 section 6.3.11. */
static bool is_called_off(struct append *append)
{
    if (append->session->literal.size > 0)
        return false;
    append_refuse(append, "An empty message: nothing was appended.");
    return true;
}

/* "~", and the literal behind it */
static bool take_literal8(struct append *append)
{
    if (!append->session->has_literal || !cursor_take(&append->at, '~') || !parse_end(&append->at))
        return false;
    if (!is_called_off(append))
        append_take_binary(append);
    return true;
}

/* "UTF8" SP "(" literal8 ")": RFC 6855 section 4 */
static bool take_utf8(struct append *append)
{
    return (append->session->enabled & (ENABLED_UTF8 | ENABLED_REV2)) != 0 &&
           parse_space(&append->at) && cursor_take(&append->at, '(') && take_literal8(append) &&
           cursor_take(&append->at, ')');
}

/* literal / literal8 / UTF8 ... / CATENATE ... */
static void take_content(struct append *append)
{
    if (parse_word(&append->at, "CATENATE")) {
        if (parse_space(&append->at))
            append_take_catenate(append);
        else
            append_bad(append);
    } else if (parse_word(&append->at, "UTF8")) {
        if (!take_utf8(append) && !append->failed && !append->session->ended)
            append_bad(append);
    } else if (append->session->has_literal && parse_end(&append->at)) {
        if (!is_called_off(append))
            append_take_literal(append, write_octets, NULL);
    } else if (!take_literal8(append)) {
        append_bad(append);
    }
}

/* Message after message, as long as one comes. A refused one ends it: what follows is read only when the
 * client does not wait to be asked for it. */
static void take_messages(struct append *append, bool several)
{
    struct imapd_session *session = append->session;

    do {
        begin_message(append);
        if (!append->failed)
            take_content(append);
        append->pending_octets += append->size;
    } while (several && !append->failed && !session->ended &&
             (session->has_literal || !parse_end(&append->at)));
    if (!append->failed && !session->ended && (session->has_literal || !parse_end(&append->at)))
        append_bad(append);
    if (session->has_literal && !session->ended)
        imapd_skip_literal(session);
}

/* --- the end ----------------------------------------------------------------------------------- */

static void put_appenduid(struct buf *text, uint32_t uidvalidity, const uint32_t *uids,
                          size_t count)
{
    if (uidvalidity == 0)
        return;
    buf_put_printf(text, "[APPENDUID %" PRIu32 " ", uidvalidity);
    set_put_uids(text, uids, count);
    buf_put_text(text, "] ");
}

/* false: the client has its reply. */
static bool commit(struct append *append, struct buf *code)
{
    uint32_t uidvalidity;
    const uint32_t *uids;
    size_t count;

    if (!store_append_commit(append->store, &uidvalidity, &uids, &count, &append->err)) {
        reply_failed(append);
        return false;
    }
    put_appenduid(code, uidvalidity, uids, count);
    return true;
}

/* false: the client has its reply, or the session has ended. */
static bool append_all(struct append *append, struct cursor at, bool several, struct buf *code)
{
    struct imapd_session *session = append->session;
    const char *name;

    session->tag = span_of(arena_text(session->arena, session->tag), session->tag.len);
    if (!imapd_take_mailbox(session, &at, &name))
        return false;
    append->at = at;
    append->mailbox = name;
    append->store = store_append_begin(session->store, name, &append->err);
    if (append->store == NULL)
        append_fail(append);
    if (append->failed && session->has_literal)
        imapd_skip_literal(session);
    else if (!append->failed)
        take_messages(append, several);
    if (session->ended)
        return false;
    if (!append->failed)
        return commit(append, code);
    reply_failed(append);
    return false;
}

void imapd_run_append(struct imapd_session *session, struct cursor at)
{
    struct append append = {.session = session};
    struct buf code = BUF(BUF_UNLIMITED);

    if (append_all(&append, at, true, &code))
        imapd_ok_code(session, buf_span(&code), "Append completed.");
    store_append_free(&append.store);
    buf_release(&code);
}

/* --- REPLACE ----------------------------------------------------------------------------------- */

/* The new message is there before the old one goes. */
static void replace(struct imapd_session *session, uint32_t index, struct cursor at)
{
    struct append append = {.session = session};
    struct buf code = BUF(BUF_UNLIMITED);
    struct error err = {0};

    if (append_all(&append, at, false, &code)) {
        if (code.len > 0)
            buf_put_printf(&session->response, "* OK %sReplacement is there.\r\n", buf_text(&code));
        if (mailbox_expunge(session->mailbox, &index, 1, &err)) {
            session->counters.expunged++;
            imapd_ok_modseq(session, "Replace completed.");
        } else {
            imapd_failed(session, &err);
        }
    }
    store_append_free(&append.store);
    buf_release(&code);
}

/* REPLACE seq-number mailbox append-message */
void imapd_run_replace(struct imapd_session *session, struct cursor at)
{
    struct selection selection;

    if (!imapd_take_messages(session, &at, &selection))
        return;
    if (selection.count > 1)
        imapd_bad(session, "Error in IMAP command: REPLACE is of one message.");
    else if (selection.count == 0)
        imapd_no(session, "[NONEXISTENT] There is no such message.");
    else if (session->mailbox->read_only)
        imapd_no(session, "[READ-ONLY] Mailbox is read-only.");
    else
        replace(session, selection.indices[0], at);
}
