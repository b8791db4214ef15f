/* Refusals: their texts and statuses as Postfix has them, logged once. */
#include "smtpd/access_rules.h"

#include <stdio.h>

const char *access_subject_text(enum access_subject subject)
{
    static const char *const texts[] = {
        [SUBJECT_CLIENT] = "Client host",
        [SUBJECT_REVERSE_CLIENT] = "Unverified Client host",
        [SUBJECT_HELO] = "Helo command",
        [SUBJECT_SENDER] = "Sender address",
        [SUBJECT_RECIPIENT] = "Recipient address",
        [SUBJECT_DATA] = "Data command",
        [SUBJECT_END_OF_DATA] = "End-of-data",
        [SUBJECT_ETRN] = "Etrn command",
    };

    return texts[subject];
}

const char *access_subject_name(const struct smtpd_session *session, enum access_subject subject)
{
    const char *name = NULL;

    switch (subject) {
    case SUBJECT_CLIENT:
        name = session->peer.label;
        break;
    case SUBJECT_REVERSE_CLIENT:
        name = session->peer.reverse;
        break;
    case SUBJECT_HELO:
        name = session->hello_name;
        break;
    case SUBJECT_SENDER:
        name = session->envelope.sender;
        break;
    case SUBJECT_RECIPIENT:
        name = session->recipient;
        break;
    case SUBJECT_DATA:
        name = "DATA";
        break;
    case SUBJECT_END_OF_DATA:
        name = "END-OF-MESSAGE";
        break;
    case SUBJECT_ETRN:
        name = session->etrn_domain;
        break;
    }
    return name == NULL ? "" : name;
}

/* Statuses x.1.y are about addresses: what one about the other kind of address becomes. RFC 3463. */
static char address_detail(enum access_subject subject, const char *detail)
{
    static const char of_sender[] = "078770778";
    static const char of_recipient[] = "012345632";
    bool is_known = detail[0] >= '0' && detail[0] <= '8' && detail[1] == '\0';
    size_t at = is_known ? (size_t)(detail[0] - '0') : 0;

    return subject == SUBJECT_SENDER ? of_sender[at] : of_recipient[at];
}

/* "C.S.D" with the class of the reply code and a meaning that fits the subject. */
static const char *fit_status(struct arena *arena, enum access_subject subject, int code,
                              const char *status)
{
    char class = (char)('0' + code / 100 % 10);

    if (strncmp(status + 1, ".1.", 3) != 0)
        return arena_printf(arena, "%c%s", class, status + 1);
    if (subject != SUBJECT_SENDER && subject != SUBJECT_RECIPIENT)
        return arena_printf(arena, "%c.0.0", class);
    return arena_printf(arena, "%c.1.%c", class, address_detail(subject, status + 4));
}

static const char *subject_reply(struct access_check *check, enum access_subject subject, int code,
                                 const char *status, const char *text)
{
    struct arena *arena = check->session->command_arena;

    return arena_printf(
        arena, "%d %s <%s>: %s rejected: %s", code, fit_status(arena, subject, code, status),
        access_subject_name(check->session, subject), access_subject_text(subject), text);
}

/* A reply is one line, whatever a table or an address put into it. */
static const char *make_reply(const struct smtpd_session *session, const char *text)
{
    char *reply = arena_copy(session->command_arena, text);

    for (char *c = reply; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = '?';
    }
    smtpd_soften(session->config, reply);
    return reply;
}

static enum access_result refuse(struct access_check *check, const char *reply)
{
    if (check->if_refused != NULL && reply[0] == '5')
        reply = check->if_refused;
    reply = make_reply(check->session, reply);
    smtpd_log_decision(check->session, check->warn ? "reject_warning" : "reject", reply);
    if (check->warn)
        return ACCESS_DUNNO;
    check->reply = reply;
    return ACCESS_REFUSE;
}

enum access_result access_refuse(struct access_check *check, enum access_subject subject, int code,
                                 const char *status, const char *text)
{
    return refuse(check, subject_reply(check, subject, code, status, text));
}

enum access_result access_refuse_plain(struct access_check *check, const char *format, ...)
{
    char reply[1024];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(reply, sizeof(reply), format, arguments);
    va_end(arguments);
    return refuse(check, reply);
}

enum access_result access_defer_if_permit(struct access_check *check, enum access_subject subject,
                                          const char *status, const char *text)
{
    const char *reply = subject_reply(check, subject, 450, status, text);

    if (check->warn)
        smtpd_log_decision(check->session, "reject_warning", reply);
    else if (check->if_permitted == NULL)
        check->if_permitted = reply;
    return ACCESS_DUNNO;
}

enum access_result access_defer_if_reject(struct access_check *check, enum access_subject subject,
                                          const char *status, const char *text)
{
    if (check->if_refused == NULL)
        check->if_refused = subject_reply(check, subject, 450, status, text);
    return ACCESS_DUNNO;
}

enum access_result access_deferred(struct access_check *check)
{
    check->warn = false;
    check->if_refused = NULL;
    return refuse(check, check->if_permitted);
}

enum access_result access_permit(struct access_check *check, enum access_subject subject,
                                 const char *action, const char *source)
{
    struct smtpd_session *session = check->session;
    struct error err;

    if (check->is_stage &&
        match_list_name(session->server->logged_permits, span_text(action), &err) == MAP_FOUND)
        smtpd_log_decision(session, "permit",
                           arena_printf(session->command_arena, "action=%s for %s=%s %s", action,
                                        access_subject_text(subject),
                                        access_subject_name(session, subject), source));
    return ACCESS_PERMIT;
}

enum access_result access_misconfigured(struct access_check *check)
{
    return access_refuse_plain(check, "451 4.3.5 Server configuration error");
}

enum access_result access_lookup_failed(struct access_check *check, const char *address)
{
    return access_refuse_plain(check, "451 4.3.0 <%s>: Temporary lookup failure", address);
}
