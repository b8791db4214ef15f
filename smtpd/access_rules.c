/* The names that may stand in restriction lists, each with its function. */
#include "smtpd/access_rules.h"
#include "lib/base/log.h"

#include <unistd.h>

#define SLEEP_MAX 3600

/* --- plain answers -------------------------------------------------------------------------------- */

static enum access_result permit(struct access_check *check, const struct access_step *step UNUSED)
{
    return access_permit(check, check->subject, "permit", "");
}

static enum access_result reject(struct access_check *check, const struct access_step *step UNUSED)
{
    return access_refuse(check, check->subject, check->session->config->reject_code, "5.7.1",
                         "Access denied");
}

static enum access_result defer(struct access_check *check, const struct access_step *step UNUSED)
{
    return access_refuse(check, check->subject, check->session->config->defer_code, "4.3.2",
                         "Try again later");
}

static enum access_result defer_if_permit(struct access_check *check,
                                          const struct access_step *step UNUSED)
{
    return access_defer_if_permit(check, check->subject, "4.7.0", "defer_if_permit requested");
}

static enum access_result defer_if_reject(struct access_check *check,
                                          const struct access_step *step UNUSED)
{
    return access_defer_if_reject(check, check->subject, "4.7.0", "defer_if_reject requested");
}

static enum access_result pause_session(struct access_check *check UNUSED,
                                        const struct access_step *step)
{
    uint64_t seconds;

    if (step->argument == NULL || !span_to_u64(span_text(step->argument), SLEEP_MAX, &seconds)) {
        log_warning("restriction sleep: bad argument \"%s\"",
                    step->argument == NULL ? "" : step->argument);
        return access_misconfigured(check);
    }
    smtpd_flush(check->session);
    sleep((unsigned)seconds);
    return ACCESS_DUNNO;
}

static enum access_result dunno(struct access_check *check UNUSED,
                                const struct access_step *step UNUSED)
{
    return ACCESS_DUNNO;
}

/* --- names that are not in the table -------------------------------------------------------------- */

/* One of smtpd_restriction_classes: its value is a list. */
static enum access_result run_class(struct access_check *check, const struct access_step *step)
{
    const char *restrictions = access_class_value(check->session->server->access, step);

    return restrictions == NULL ? access_misconfigured(check) : access_run(check, restrictions);
}

static enum access_result run_unknown(struct access_check *check, const struct access_step *step)
{
    log_warning("unknown smtpd restriction: \"%s\"", step->argument);
    return access_misconfigured(check);
}

/* A table alone is asked for what its list is about. */
static enum access_result run_table(struct access_check *check, const struct access_step *step)
{
    switch (check->subject) {
    case SUBJECT_CLIENT:
        return access_table_client(check, step);
    case SUBJECT_REVERSE_CLIENT: /* the subject of no list */
        break;
    case SUBJECT_HELO:
        return access_table_helo(check, step);
    case SUBJECT_SENDER:
        return access_table_sender(check, step);
    case SUBJECT_RECIPIENT:
        return access_table_recipient(check, step);
    case SUBJECT_ETRN:
        return access_table_etrn(check, step);
    case SUBJECT_DATA:
    case SUBJECT_END_OF_DATA:
        break;
    }
    return run_unknown(check, step);
}

static const struct access_rule class_rule = {"", run_class, RULE_NAME, false};
static const struct access_rule table_rule = {"", run_table, RULE_NAME_TABLE, false};
static const struct access_rule unknown_rule = {"", run_unknown, RULE_NAME, false};

/* --- the table ------------------------------------------------------------------------------------ */

/* name, function, argument, whether it keeps strangers from relaying */
static const struct access_rule rules[] = {
    {"permit",                                 permit,                                        RULE_PLAIN, false},
    {"reject",                                 reject,                                        RULE_PLAIN, true },
    {"defer",                                  defer,                                         RULE_PLAIN, true },
    {"defer_if_permit",                        defer_if_permit,                               RULE_PLAIN, true },
    {"defer_if_reject",                        defer_if_reject,                               RULE_PLAIN, false},
    {"sleep",                                  pause_session,                                 RULE_TEXT,  false},

    {"permit_mynetworks",                      access_permit_mynetworks,                      RULE_PLAIN, false},
    {"permit_inet_interfaces",                 access_permit_inet_interfaces,                 RULE_PLAIN, false},
    {"permit_sasl_authenticated",              dunno,                                         RULE_PLAIN, false},
    {"permit_tls_clientcerts",                 dunno,                                         RULE_PLAIN, false},
    {"permit_tls_all_clientcerts",             dunno,                                         RULE_PLAIN, false},
    {"reject_unknown_client_hostname",         access_reject_unknown_client_hostname,         RULE_PLAIN, false},
    {"reject_unknown_client",                  access_reject_unknown_client_hostname,         RULE_PLAIN, false},
    {"reject_unknown_reverse_client_hostname", access_reject_unknown_reverse_client_hostname,
     RULE_PLAIN,                                                                                          false},
    {"reject_plaintext_session",               access_reject_plaintext_session,               RULE_PLAIN, false},
    {"reject_unauth_pipelining",               access_reject_unauth_pipelining,               RULE_PLAIN, false},
    {"check_client_access",                    access_table_client,                           RULE_TABLE, false},
    {"check_reverse_client_hostname_access",   access_table_reverse_client,                   RULE_TABLE, false},
    {"check_address_map",                      access_match_client,                           RULE_TABLE, false},

    {"reject_invalid_helo_hostname",           access_reject_invalid_helo_hostname,           RULE_PLAIN, false},
    {"reject_invalid_hostname",                access_reject_invalid_helo_hostname,           RULE_PLAIN, false},
    {"reject_non_fqdn_helo_hostname",          access_reject_non_fqdn_helo_hostname,          RULE_PLAIN, false},
    {"reject_non_fqdn_hostname",               access_reject_non_fqdn_helo_hostname,          RULE_PLAIN, false},
    {"reject_unknown_helo_hostname",           access_reject_unknown_helo_hostname,           RULE_PLAIN, false},
    {"reject_unknown_hostname",                access_reject_unknown_helo_hostname,           RULE_PLAIN, false},
    {"check_helo_access",                      access_table_helo,                             RULE_TABLE, false},

    {"reject_non_fqdn_sender",                 access_reject_non_fqdn_sender,                 RULE_PLAIN, false},
    {"reject_unknown_sender_domain",           access_reject_unknown_sender_domain,           RULE_PLAIN, false},
    {"reject_unlisted_sender",                 access_reject_unlisted_sender,                 RULE_PLAIN, false},
    {"check_sender_access",                    access_table_sender,                           RULE_TABLE, false},

    {"reject_non_fqdn_recipient",              access_reject_non_fqdn_recipient,              RULE_PLAIN, false},
    {"reject_unknown_recipient_domain",        access_reject_unknown_recipient_domain,        RULE_PLAIN, false},
    {"reject_unlisted_recipient",              access_reject_unlisted_recipient,              RULE_PLAIN, false},
    {"reject_multi_recipient_bounce",          access_reject_multi_recipient_bounce,          RULE_PLAIN, false},
    {"check_recipient_access",                 access_table_recipient,                        RULE_TABLE, false},
    {"check_etrn_access",                      access_table_etrn,                             RULE_TABLE, false},
    {"permit_auth_destination",                access_permit_auth_destination,                RULE_PLAIN, false},
    {"reject_unauth_destination",              access_reject_unauth_destination,              RULE_PLAIN, true },
    {"defer_unauth_destination",               access_defer_unauth_destination,               RULE_PLAIN, true },
};

const struct access_rule *access_find_rule(const struct access *access, const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(rules); i++) {
        if (strcasecmp(rules[i].name, name) == 0)
            return &rules[i];
    }
    if (strlist_has(&access->classes, name))
        return &class_rule;
    return strchr(name, ':') != NULL ? &table_rule : &unknown_rule;
}

const char *access_class_value(const struct access *access, const struct access_step *step)
{
    const char *value;

    if (step->rule != &class_rule || !config_value(access->config, step->argument, &value))
        return NULL;
    return value == NULL ? "" : value;
}
