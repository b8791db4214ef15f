/* Commands about the session itself: CAPABILITY, ENABLE, ID, LOGOUT, NAMESPACE, NOOP and CHECK. */
#include "lib/base/base.h"

#include "imapd/command.h"

/* Only what is whole stands here. */
const char imapd_capabilities[] =
    "IMAP4rev1 LITERAL+ SASL-IR ID ENABLE IDLE NAMESPACE CHILDREN UIDPLUS "
    "UNSELECT MOVE MULTIAPPEND WITHIN STATUS=SIZE";

static bool has_no_arguments(struct imapd_session *session, const struct cursor *at)
{
    if (parse_end(at))
        return true;
    imapd_bad(session, "Error in IMAP command: Too many arguments.");
    return false;
}

void imapd_run_capability(struct imapd_session *session, struct cursor at)
{
    if (!has_no_arguments(session, &at))
        return;
    buf_put_printf(&session->response, "* CAPABILITY %s\r\n", imapd_capabilities);
    imapd_ok(session, "Capability completed.");
}

/* RFC 5161: what is unknown is passed over; so far nothing needs to be enabled. */
void imapd_run_enable(struct imapd_session *session, struct cursor at)
{
    struct span word;

    do {
        if (!parse_space(&at) || !parse_atom(&at, &word)) {
            imapd_bad(session, "Error in IMAP command: Invalid arguments.");
            return;
        }
    } while (!parse_end(&at));
    buf_put_text(&session->response, "* ENABLED\r\n");
    imapd_ok(session, "Enabled.");
}

/* RFC 2971. What the client says of itself is not used. */
void imapd_run_id(struct imapd_session *session, struct cursor at UNUSED)
{
    buf_put_printf(&session->response, "* ID (\"name\" \"%s\")\r\n", session->config->mail_name);
    imapd_ok(session, "ID completed.");
}

void imapd_run_logout(struct imapd_session *session, struct cursor at)
{
    if (!has_no_arguments(session, &at))
        return;
    session->end_reason = "Logged out";
    imapd_bye(session, "Logging out");
    mailbox_close(&session->mailbox);
    imapd_ok(session, "Logout completed.");
}

void imapd_run_namespace(struct imapd_session *session, struct cursor at)
{
    if (!has_no_arguments(session, &at))
        return;
    buf_put_printf(&session->response, "* NAMESPACE ((\"\" \"%c\")) NIL NIL\r\n",
                   store_separator(session->store));
    imapd_ok(session, "Namespace completed.");
}

void imapd_run_noop(struct imapd_session *session, struct cursor at)
{
    if (has_no_arguments(session, &at))
        imapd_ok(session, "NOOP completed.");
}
