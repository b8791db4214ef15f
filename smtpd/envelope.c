/* MAIL, RCPT, RSET, VRFY: RFC 5321 sections 4.1.1.2 to 4.1.1.6. */
#include "lib/base/log.h"
#include "lib/io/hostname.h"
#include "lib/message/address.h"
#include "lib/message/verp.h"
#include "lib/queue/parameters.h"
#include "smtpd/access.h"
#include "smtpd/command.h"
#include "smtpd/submit.h"

/* "FROM:" or "TO:" is taken off the arguments; false: something else is there, or nothing behind it */
static bool take_keyword(struct span *arguments, const char *keyword)
{
    if (!span_starts_with_nocase(*arguments, keyword))
        return false;
    *arguments = span_trim(span_skip(*arguments, strlen(keyword)));
    return arguments->len > 0;
}

/* A domain to which mail could be sent: the same that route_resolve would call bad address syntax. */
static bool is_mail_domain(const struct config *config, struct span domain)
{
    if (domain.data[0] == '[')
        return hostname_is_literal(domain);
    return hostname_is_valid(domain) ||
           (config->resolve_numeric_domain && hostname_is_address(domain));
}

/* ASCII, as long as we do not announce SMTPUTF8; a domain that can exist; nothing that a program could take
 * for an option (allow_min_user). */
static bool is_acceptable(const struct config *config, const char *address)
{
    struct span domain = address_domain(address);

    if (address[0] == '-' && !config->allow_min_user)
        return false;
    if (domain.len > 0 && !is_mail_domain(config, domain))
        return false;
    for (; *address != '\0'; address++) {
        if ((unsigned char)*address > 127)
            return false;
    }
    return true;
}

static void log_bad_path(const struct smtpd_session *session, struct span text)
{
    log_warning("Illegal address syntax from %s in %s command: %s", session->peer.label,
                session->where, arena_text(session->command_arena, text));
}

/* What the path would be: up to the last >, and on to the next white space; data NULL: it does not end. */
static struct span first_path(struct span text)
{
    bool quoted = false;
    size_t depth = 0, i;

    for (i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (c == '<' && !quoted)
            depth++;
        else if (c == '>' && !quoted && depth > 0)
            depth--;
        else if ((c == ' ' || c == '\t') && !quoted && depth == 0)
            break;
    }
    return depth > 0 ? SPAN_EMPTY : span_first(text, i);
}

/* The path is taken off the arguments. NULL: there is none; *ends_r is whether it has an end at least. */
static const char *find_path(const struct smtpd_session *session, struct span *arguments,
                             bool strict, bool may_be_empty, struct arena *arena, bool *ends_r)
{
    struct cursor at = cursor_of(*arguments);
    const char *address = NULL;
    enum parse_result result = address_parse_path(arena, &at, strict, &address);

    *ends_r = result != PARSE_INCOMPLETE;
    if (result != PARSE_DONE || !is_acceptable(session->config, address) ||
        (!may_be_empty && address[0] == '\0'))
        return NULL;
    *arguments = span_skip(*arguments, arguments->len - cursor_left(at));
    return address;
}

/* The same of MAIL FROM and RCPT TO. A path that does not end is not even logged. */
static const char *take_path(struct smtpd_session *session, struct span *arguments,
                             bool may_be_empty)
{
    bool ends;
    const char *address = find_path(session, arguments, session->config->strict_rfc821_envelopes,
                                    may_be_empty, session->mail_arena, &ends);
    struct span path = address != NULL || !ends ? SPAN_EMPTY : first_path(*arguments);

    if (path.data != NULL)
        log_bad_path(session, path);
    return address;
}

static bool has_dsn(const struct smtpd_session *session)
{
    return (session->announced & HELLO_DSN) != 0;
}

/* NULL, or why a message of the announced size is not welcome; logged. */
static const char *check_size(struct smtpd_session *session, uint64_t size)
{
    static const char refusal[] = "552 5.3.4 Message size exceeds fixed limit";
    int64_t limit = session->config->message_size_limit;

    if (limit <= 0 || size <= (uint64_t)limit)
        return NULL;
    smtpd_log_decision(session, "reject", refusal);
    return refusal;
}

/* XVERP: NULL, or why this client gets no variable envelope return paths that look so. */
static const char *check_verp(struct smtpd_session *session, const struct parameters *parameters)
{
    const char *filter = session->config->verp_delimiter_filter;
    const char *delimiters = parameters->verp_delimiters;

    if (parameters->verp == NULL)
        return NULL;
    switch (access_may_verp(session)) {
    case MAP_UNAVAILABLE:
        return "451 4.3.0 Error: XVERP cannot be allowed or refused now";
    case MAP_ABSENT:
        return arena_printf(session->command_arena, "555 5.5.4 Unsupported option: %.200s",
                            parameters->verp);
    case MAP_FOUND:
        break;
    }
    if (delimiters != NULL && !verp_is_pair(span_text(delimiters), filter))
        return arena_printf(session->command_arena,
                            "501 5.5.4 Error: XVERP needs two characters from %s", filter);
    return NULL;
}

/* All of MAIL FROM's parameters: NULL, or the first refusal in the order in which they stand. */
static const char *take_mail_parameters(struct smtpd_session *session, struct span arguments,
                                        struct parameters *parameters)
{
    const char *refusal = parameters_parse(session->mail_arena, PARAMETERS_OF_MAIL, arguments,
                                           has_dsn(session), parameters);
    const char *verp_refusal = check_verp(session, parameters);

    if (verp_refusal != NULL)
        return verp_refusal; /* whatever else was refused stands behind it */
    if (refusal == NULL && parameters->verp != NULL && session->envelope.sender[0] == '\0')
        return "503 5.5.4 Error: XVERP requires non-null sender";
    return refusal;
}

static void note_parameters(struct smtpd_session *session, const struct parameters *parameters)
{
    struct smtpd_envelope *envelope = &session->envelope;

    envelope->dsn_ret = parameters->dsn_ret;
    envelope->dsn_envid = parameters->dsn_envid == NULL ? "" : parameters->dsn_envid;
    if (parameters->verp != NULL)
        envelope->verp = parameters->verp_delimiters == NULL
                             ? session->config->default_verp_delimiters
                             : parameters->verp_delimiters;
    envelope->eight_bit = parameters->eight_bit;
    envelope->size = parameters->size;
}

/* Everything is known of the sender; NULL: accepted. */
static const char *accept_sender(struct smtpd_session *session, const struct parameters *parameters)
{
    const char *refusal = access_check_sender(session);

    if (refusal == NULL)
        refusal = check_size(session, parameters->size);
    if (refusal != NULL)
        return refusal;
    note_parameters(session, parameters);
    return session->config->smtpd_delay_open_until_valid_rcpt ? NULL : smtpd_submit_open(session);
}

/* MAIL FROM:<reverse-path> [SP parameters]: RFC 5321 section 4.1.1.2 */
void run_mail(struct smtpd_session *session, struct span arguments)
{
    struct parameters parameters;
    const char *sender;
    const char *refusal;

    if (session->config->smtpd_helo_required && session->hello_name == NULL) {
        smtpd_refuse(session, "503 5.5.1 Error: send HELO/EHLO first");
        return;
    }
    if (session->content.failed) {
        smtpd_refuse(session, "503 5.5.1 Error: MAIL after BDAT");
        return;
    }
    if (!take_keyword(&arguments, "FROM:")) {
        smtpd_refuse(session, "501 5.5.4 Syntax: MAIL FROM:<address>");
        return;
    }
    sender = take_path(session, &arguments, true);
    if (sender == NULL) {
        smtpd_refuse(session, "501 5.1.7 Bad sender address syntax");
        return;
    }
    session->envelope.sender = sender;
    refusal = take_mail_parameters(session, arguments, &parameters);
    if (refusal == NULL)
        refusal = accept_sender(session, &parameters);
    if (refusal != NULL) {
        smtpd_refuse(session, "%s", refusal);
        smtpd_reset(session);
        return;
    }
    session->phase = PHASE_SENDER;
    smtpd_reply(session, "250 2.1.0 Ok");
}

static void add_recipient(struct smtpd_session *session, const char *address,
                          const struct parameters *parameters)
{
    struct smtpd_envelope *envelope = &session->envelope;

    if (envelope->recipient_count == envelope->recipient_room) {
        size_t room = envelope->recipient_room == 0 ? 8 : 2 * envelope->recipient_room;
        struct queue_recipient *grown =
            arena_array(session->mail_arena, struct queue_recipient, room);

        if (envelope->recipient_count > 0)
            memcpy(grown, envelope->recipients, envelope->recipient_count * sizeof(*grown));
        envelope->recipients = grown;
        envelope->recipient_room = room;
    }
    envelope->recipients[envelope->recipient_count++] = (struct queue_recipient){
        .address = address,
        .original = address,
        .dsn_orcpt = parameters->dsn_orcpt == NULL ? "" : parameters->dsn_orcpt,
        .dsn_notify = parameters->dsn_notify,
        .status = RECIPIENT_PENDING,
    };
}

/* Too many: the first few over the limit are no error of the client, who cannot know it. */
static bool has_room(struct smtpd_session *session)
{
    static const char refusal[] = "452 4.5.3 Error: too many recipients";
    struct smtpd_envelope *envelope = &session->envelope;
    const struct config *config = session->config;

    if (envelope->recipient_count < (size_t)config->smtpd_recipient_limit)
        return true;
    if (envelope->overshoot++ < (size_t)config->smtpd_recipient_overshoot_limit)
        smtpd_reply(session, "%s", refusal);
    else
        smtpd_refuse(session, "%s", refusal);
    return false;
}

static void accept_recipient(struct smtpd_session *session, const char *address,
                             const struct parameters *parameters)
{
    const char *refusal;

    session->recipient = address;
    refusal = access_check_recipient(session);
    if (refusal == NULL)
        refusal = smtpd_submit_open(session);
    if (refusal == NULL)
        add_recipient(session, address, parameters);
    session->recipient =
        session->envelope.recipient_count == 1 ? session->envelope.recipients[0].address : NULL;
    if (refusal != NULL) {
        smtpd_refuse(session, "%s", refusal);
        return;
    }
    session->phase = PHASE_RECIPIENT;
    smtpd_reply(session, "250 2.1.5 Ok");
}

/* RCPT TO:<forward-path> [SP parameters]: RFC 5321 section 4.1.1.3, RFC 3461 section 4 */
void run_rcpt(struct smtpd_session *session, struct span arguments)
{
    struct parameters parameters;
    const char *address;
    const char *refusal;

    if (!take_keyword(&arguments, "TO:")) {
        smtpd_refuse(session, "501 5.5.4 Syntax: RCPT TO:<address>");
        return;
    }
    address = take_path(session, &arguments, false);
    if (address == NULL) {
        smtpd_refuse(session, "501 5.1.3 Bad recipient address syntax");
        return;
    }
    refusal = parameters_parse(session->mail_arena, PARAMETERS_OF_RCPT, arguments, has_dsn(session),
                               &parameters);
    if (parameters.unknown_notify != NULL)
        log_warning("unknown DSN NOTIFY command value %s", parameters.unknown_notify);
    if (refusal != NULL)
        smtpd_refuse(session, "%s", refusal);
    else if (has_room(session))
        accept_recipient(session, address, &parameters);
}

void run_rset(struct smtpd_session *session, struct span arguments)
{
    if (arguments.len > 0) {
        smtpd_refuse(session, "501 5.5.4 Syntax: RSET");
        return;
    }
    smtpd_reset(session);
    smtpd_reply(session, "250 2.0.0 Ok");
}

/* We say whether RCPT would be refused, and 252 because that is all we know. */
void run_vrfy(struct smtpd_session *session, struct span arguments)
{
    const char *recipient = session->recipient;
    const char *asked = arena_text(session->command_arena, arguments);
    const char *address;
    const char *refusal;
    bool ends;

    if (session->config->disable_vrfy_command) {
        smtpd_refuse(session, "502 5.5.1 VRFY command is disabled");
        return;
    }
    if (arguments.len == 0) {
        smtpd_refuse(session, "501 5.5.4 Syntax: VRFY address");
        return;
    }
    if (span_ends_with_nocase(arguments, ">")) /* behind a name */
        arguments = span_skip(arguments, span_find_last(arguments, '<') % arguments.len);
    address = find_path(session, &arguments, false, false, session->command_arena, &ends);
    if (ends && (address == NULL || arguments.len > 0))
        log_bad_path(session, span_text(asked));
    if (address == NULL || arguments.len > 0) {
        smtpd_refuse(session, "501 5.1.3 Bad recipient address syntax");
        return;
    }
    session->recipient = address;
    refusal = access_check_recipient(session);
    session->recipient = recipient;
    if (refusal != NULL)
        smtpd_refuse(session, "%s", refusal);
    else
        smtpd_reply(session, "252 2.0.0 %s", asked);
}
