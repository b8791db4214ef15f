/* The restriction lists of each stage, and the order in which they are asked. */
#include "smtpd/access.h"

#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "smtpd/access_rules.h"

static void free_maps(void *value)
{
    struct maps *maps = value;

    maps_free(&maps);
}

struct access *access_create(const struct config *config, struct error *err)
{
    struct access *access = mem_new(struct access);
    const char *const lists[] = {
        config->smtpd_client_restrictions,      config->smtpd_helo_restrictions,
        config->smtpd_sender_restrictions,      config->smtpd_relay_restrictions,
        config->smtpd_recipient_restrictions,   config->smtpd_data_restrictions,
        config->smtpd_end_of_data_restrictions, config->smtpd_etrn_restrictions,
    };

    access->config = config;
    access->arena = arena_create();
    access->tables = hash_create();
    access->lists = hash_create();
    strlist_split(&access->classes, config->smtpd_restriction_classes, ", \t\r\n");
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++)
        (void)access_list_of(access, lists[i]);
    if (access_list_guards_relay(access, config->smtpd_relay_restrictions) ||
        access_list_guards_relay(access, config->smtpd_recipient_restrictions))
        return access;
    error_set(err, ERROR_PERMANENT,
              "in parameter smtpd_relay_restrictions or smtpd_recipient_restrictions, specify at "
              "least one working instance of: reject_unauth_destination, defer_unauth_destination, "
              "reject, defer, defer_if_permit");
    access_free(&access);
    return NULL;
}

void access_free(struct access **access)
{
    if (*access == NULL)
        return;
    hash_free(&(*access)->tables, free_maps);
    hash_free(&(*access)->lists, NULL);
    arena_free(&(*access)->arena);
    strlist_release(&(*access)->classes);
    mem_free(*access);
    *access = NULL;
}

enum access_result access_run(struct access_check *check, const char *restrictions)
{
    const struct access_list *list = access_list_of(check->session->server->access, restrictions);
    enum access_result result = ACCESS_DUNNO;

    if (check->depth >= ACCESS_DEPTH_MAX || list == NULL) {
        log_warning("%s: \"%s\"",
                    list == NULL ? "too many different restrictions, as tables have them"
                                 : "restrictions name each other without an end",
                    restrictions);
        check->warn = false; /* a warning would go on, and from each level again */
        return access_misconfigured(check);
    }
    check->depth++;
    for (size_t i = 0; result == ACCESS_DUNNO && i < list->count; i++) {
        bool outer = check->warn;

        check->warn = outer || list->steps[i].warn;
        result = list->steps[i].rule->run(check, &list->steps[i]);
        check->warn = outer;
    }
    check->depth--;
    return result;
}

/* One stage's list; true: refused. A permit ends that list alone. */
static bool is_refused(struct access_check *check, enum access_subject subject,
                       const char *restrictions)
{
    if (check->session->envelope.orders.discard)
        return false;
    check->subject = subject;
    check->if_refused = NULL;
    return access_run(check, restrictions) == ACCESS_REFUSE;
}

/* The reply to the client, or NULL. DEFER_IF_PERMIT comes true when nobody refused. */
static const char *conclude(struct access_check *check, bool refused)
{
    if (!refused && check->if_permitted != NULL && !check->session->envelope.orders.discard)
        (void)access_deferred(check);
    return check->reply;
}

/* A stage with one list. */
static const char *check_list(struct smtpd_session *session, enum access_subject subject,
                              const char *restrictions)
{
    struct access_check check = {.session = session, .is_stage = true};

    return conclude(&check, is_refused(&check, subject, restrictions));
}

const char *access_check_client(struct smtpd_session *session)
{
    if (session->config->smtpd_delay_reject)
        return NULL;
    return check_list(session, SUBJECT_CLIENT, session->config->smtpd_client_restrictions);
}

const char *access_check_helo(struct smtpd_session *session)
{
    if (session->config->smtpd_delay_reject)
        return NULL;
    return check_list(session, SUBJECT_HELO, session->config->smtpd_helo_restrictions);
}

static bool sender_is_refused(struct access_check *check)
{
    const struct config *config = check->session->config;

    if (is_refused(check, SUBJECT_SENDER, config->smtpd_sender_restrictions))
        return true;
    return config->smtpd_reject_unlisted_sender && !check->session->envelope.orders.discard &&
           access_reject_unlisted(check, SUBJECT_SENDER, check->session->envelope.sender) ==
               ACCESS_REFUSE;
}

const char *access_check_sender(struct smtpd_session *session)
{
    struct access_check check = {.session = session, .is_stage = true};

    if (session->config->smtpd_delay_reject)
        return NULL;
    return conclude(&check, sender_is_refused(&check));
}

static bool recipient_is_refused(struct access_check *check)
{
    struct smtpd_session *session = check->session;
    const struct config *config = session->config;
    bool relay_first = config->smtpd_relay_before_recipient_restrictions;
    const char *first =
        relay_first ? config->smtpd_relay_restrictions : config->smtpd_recipient_restrictions;
    const char *second =
        relay_first ? config->smtpd_recipient_restrictions : config->smtpd_relay_restrictions;

    if (config->smtpd_delay_reject &&
        (is_refused(check, SUBJECT_CLIENT, config->smtpd_client_restrictions) ||
         is_refused(check, SUBJECT_HELO, config->smtpd_helo_restrictions) ||
         (session->envelope.sender != NULL && sender_is_refused(check))))
        return true;
    if (is_refused(check, SUBJECT_RECIPIENT, first) || is_refused(check, SUBJECT_RECIPIENT, second))
        return true;
    if (check->if_permitted != NULL && !session->envelope.orders.discard) {
        (void)access_deferred(check); /* before anybody asks whether the recipient exists */
        return true;
    }
    return config->smtpd_reject_unlisted_recipient &&
           (session->server->overrides & INTAKE_NO_UNKNOWN_CHECKS) == 0 &&
           !check->existence_checked && !session->envelope.orders.discard &&
           access_reject_unlisted(check, SUBJECT_RECIPIENT, session->recipient) == ACCESS_REFUSE;
}

/* A bare postmaster is always welcome: RFC 5321 section 4.5.1. */
const char *access_check_recipient(struct smtpd_session *session)
{
    struct access_check check = {.session = session, .is_stage = true};

    if (strcasecmp(session->recipient, "postmaster") == 0)
        return NULL;
    return conclude(&check, recipient_is_refused(&check));
}

static bool etrn_is_refused(struct access_check *check)
{
    const struct config *config = check->session->config;

    if (config->smtpd_delay_reject &&
        (is_refused(check, SUBJECT_CLIENT, config->smtpd_client_restrictions) ||
         is_refused(check, SUBJECT_HELO, config->smtpd_helo_restrictions)))
        return true;
    return is_refused(check, SUBJECT_ETRN, config->smtpd_etrn_restrictions);
}

const char *access_check_etrn(struct smtpd_session *session)
{
    struct access_check check = {.session = session, .is_stage = true};

    return conclude(&check, etrn_is_refused(&check));
}

const char *access_check_data(struct smtpd_session *session)
{
    return check_list(session, SUBJECT_DATA, session->config->smtpd_data_restrictions);
}

const char *access_check_end_of_data(struct smtpd_session *session)
{
    return check_list(session, SUBJECT_END_OF_DATA,
                      session->config->smtpd_end_of_data_restrictions);
}

bool access_may_rewrite(struct smtpd_session *session)
{
    struct access_check check = {.session = session, .subject = SUBJECT_CLIENT};

    return access_run(&check, session->config->local_header_rewrite_clients) == ACCESS_PERMIT;
}

enum map_result access_may_verp(struct smtpd_session *session)
{
    const struct smtpd_peer *peer = &session->peer;
    struct error err;
    enum map_result result = match_list_client(session->server->verp_clients, span_text(peer->name),
                                               &peer->address, &err);

    if (result == MAP_UNAVAILABLE)
        log_warning("%s: %s", peer->label, err.text);
    return result;
}
