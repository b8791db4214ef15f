/* Commands about the session itself: CAPABILITY, LOGOUT, NAMESPACE, NOOP and CHECK. */
#include "lib/base/base.h"

#include "imapd/command.h"

/* Only what is whole stands here. */
static const char capabilities[] =
    "IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE IDLE NAMESPACE CHILDREN UIDPLUS UNSELECT MOVE "
    "MULTIAPPEND LIST-EXTENDED LIST-STATUS STATUS=SIZE SPECIAL-USE CREATE-SPECIAL-USE METADATA "
    "QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE QUOTA=RES-MAILBOX OBJECTID NOTIFY UTF8=ACCEPT "
    "BINARY CATENATE URL-PARTIAL REPLACE SNIPPET=FUZZY PREVIEW=FUZZY PREVIEW COMPRESS=DEFLATE "
    "SORT SORT=DISPLAY ESORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES THREAD=REFS "
    "CONTEXT=SEARCH MULTISEARCH CONDSTORE QRESYNC WITHIN ESEARCH SEARCHRES PARTIAL SAVEDATE I18NLEVEL=1 INPROGRESS "
    "APPENDLIMIT";

char *imapd_capabilities(const struct config *config)
{
    if (config->message_size_limit > 0)
        return mem_printf("%s=%" PRId64, capabilities, config->message_size_limit);
    return mem_text(capabilities);
}

static bool has_no_arguments(struct imapd_session *session, const struct cursor *at)
{
    if (parse_end(at))
        return true;
    imapd_bad(session, "Error in IMAP command: Too many arguments.");
    return false;
}

void imapd_run_capability(struct imapd_session *session, struct cursor at)
{
    char *text;

    if (!has_no_arguments(session, &at))
        return;
    text = imapd_capabilities(session->config);
    buf_put_printf(&session->response, "* CAPABILITY %s\r\n", text);
    mem_free(text);
    imapd_ok(session, "Capability completed.");
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
    buf_put_printf(&session->response, "* NAMESPACE ((\"%s\" \"%c\")) NIL NIL\r\n",
                   store_prefix(session->store), store_separator(session->store));
    imapd_ok(session, "Namespace completed.");
}

void imapd_run_noop(struct imapd_session *session, struct cursor at)
{
    if (has_no_arguments(session, &at))
        imapd_ok(session, "NOOP completed.");
}
