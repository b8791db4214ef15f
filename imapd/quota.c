/*
 * GETQUOTA, GETQUOTAROOT and SETQUOTA: RFC 9208, which has the commands of RFC 2087. One root holds all
 * that an account has.
 */
#include "lib/base/base.h"

#include "imapd/command.h"

#define ROOT "User quota"

static void put_resource(struct buf *out, bool *first, const char *name, uint64_t usage,
                         uint64_t limit)
{
    if (limit == 0)
        return;
    buf_put_printf(out, "%s%s %" PRIu64 " %" PRIu64, *first ? "" : " ", name, usage, limit);
    *first = false;
}

/* Storage is told in units of 1024 octets: what is used is rounded up, what may be, down. */
static bool put_quota(struct imapd_session *session, struct error *err)
{
    struct buf *out = &session->response;
    struct quota_state state;
    size_t mailboxes;
    bool first = true;

    if (!store_quota(session->store, &state, err) || !store_count(session->store, &mailboxes, err))
        return false;
    buf_put_text(out, "* QUOTA \"" ROOT "\" (");
    put_resource(out, &first, "STORAGE", state.storage / 1024 + (state.storage % 1024 != 0),
                 state.limit.storage / 1024);
    put_resource(out, &first, "MESSAGE", state.messages, state.limit.messages);
    put_resource(out, &first, "MAILBOX", mailboxes, (uint64_t)session->config->mailbox_count_limit);
    buf_put_text(out, ")\r\n");
    return true;
}

static bool take_root(struct imapd_session *session, struct cursor *at, struct span *root_r)
{
    if (parse_space(at) && parse_astring(session->arena, at, root_r))
        return true;
    imapd_bad(session, "Error in IMAP command: Invalid arguments.");
    return false;
}

void imapd_run_getquota(struct imapd_session *session, struct cursor at)
{
    struct error err = {0};
    struct span root;

    if (!take_root(session, &at, &root))
        return;
    if (!parse_end(&at))
        imapd_bad(session, "Error in IMAP command: Too many arguments.");
    else if (!span_equal_text(root, ROOT))
        imapd_no(session, "[NONEXISTENT] Quota root doesn't exist.");
    else if (!put_quota(session, &err))
        imapd_failed(session, &err);
    else
        imapd_ok(session, "Getquota completed.");
}

void imapd_run_getquotaroot(struct imapd_session *session, struct cursor at)
{
    struct error err = {0};
    const char *name;

    if (!imapd_take_mailbox(session, &at, &name))
        return;
    if (!parse_end(&at)) {
        imapd_bad(session, "Error in IMAP command: Too many arguments.");
        return;
    }
    buf_put_text(&session->response, "* QUOTAROOT ");
    imapd_put_mailbox(session, name);
    buf_put_text(&session->response, " \"" ROOT "\"\r\n");
    if (put_quota(session, &err))
        imapd_ok(session, "Getquotaroot completed.");
    else
        imapd_failed(session, &err);
}

/* setquota-list = "(" [resource SP number *(SP resource SP number)] ")" */
static bool take_resources(struct cursor *at)
{
    struct span name;
    uint64_t limit;

    if (!parse_space(at) || !cursor_take(at, '('))
        return false;
    if (cursor_take(at, ')'))
        return parse_end(at);
    do {
        if (!parse_atom(at, &name) || !parse_space(at) || !parse_number(at, INT64_MAX, &limit))
            return false;
    } while (parse_more(at));
    return cursor_take(at, ')') && parse_end(at);
}

/* What a user may have is not his to say: QUOTASET is not announced. */
void imapd_run_setquota(struct imapd_session *session, struct cursor at)
{
    struct span root;

    if (!take_root(session, &at, &root))
        return;
    if (!take_resources(&at))
        imapd_bad(session, "Error in IMAP command: Invalid arguments.");
    else
        imapd_no(session, "[NOPERM] Quota is set by the administrator.");
}
