/* The rules of access lists: what access.c, which runs the lists, and the rules themselves share. */
#ifndef BUZON_SMTPD_ACCESS_RULES_H
#define BUZON_SMTPD_ACCESS_RULES_H

#include "smtpd/access.h"

#define ACCESS_DEPTH_MAX 20 /* of restriction classes and table values that name each other */

enum access_result { ACCESS_DUNNO, ACCESS_PERMIT, ACCESS_REFUSE };

struct access_rule;

struct access_step {
    const struct access_rule *rule;
    const char *argument; /* "type:name", seconds; NULL where the rule takes none */
    struct maps *maps;    /* of a RULE_TABLE's argument */
    bool warn;            /* warn_if_reject stood before it */
};

struct access_list {
    struct access_step *steps;
    size_t count;
    bool was_looked_at; /* by access_list_guards_relay */
};

/* What a list or a rule is about: reply texts and statuses depend on it. */
enum access_subject {
    SUBJECT_CLIENT,
    SUBJECT_REVERSE_CLIENT, /* by the name that its address has, whether or not that leads back to it */
    SUBJECT_HELO,
    SUBJECT_SENDER,
    SUBJECT_RECIPIENT,
    SUBJECT_DATA,
    SUBJECT_END_OF_DATA,
    SUBJECT_ETRN,
};

/* One run through the lists of a command. */
struct access_check {
    struct smtpd_session *session;
    enum access_subject subject; /* of the list at hand, for permit, reject, defer */
    bool warn;                   /* a refusal is only logged */
    bool is_stage;               /* the lists of a command; else what is permitted is not logged */
    const char *reply;           /* of ACCESS_REFUSE */
    const char *if_permitted;    /* DEFER_IF_PERMIT: the reply if nobody else refuses */
    const char *if_refused;      /* DEFER_IF_REJECT: the reply when the list refuses for good */
    bool existence_checked;      /* of the recipient */
    struct route_target *target; /* of the recipient, once resolved */
    struct route_target *sender_target;
    int depth; /* of restriction classes and table results in each other */
};

typedef enum access_result access_function(struct access_check *check,
                                           const struct access_step *step);

struct access_rule {
    const char *name;
    access_function *run;
    enum {
        RULE_PLAIN,      /* takes none */
        RULE_TEXT,       /* the next word */
        RULE_TABLE,      /* the next word, a table */
        RULE_NAME,       /* the word itself */
        RULE_NAME_TABLE, /* the word itself, a table */
    } argument;
    bool guards_relay; /* one such rule must be in the relay or recipient restrictions */
};

struct access {
    const struct config *config;
    struct arena *arena;
    struct hash *tables; /* "type:name" to struct maps */
    struct hash *lists;  /* restrictions as text to struct access_list */
    struct strlist classes;
};

/* access_rules.c */
/* access_find_rule - the rule of that name; a table as such; or one that says that it is unknown */
const struct access_rule *access_find_rule(const struct access *access, const char *name);
/* access_class_value - the restrictions that a step's class stands for; NULL: the step names no class, or one
 * whose value is malformed */
const char *access_class_value(const struct access *access, const struct access_step *step);

/* access_list.c */
/* access_list_of - restrictions in the form in which they run; read once, the access's;
 * NULL when there are too many different ones */
const struct access_list *access_list_of(struct access *access, const char *restrictions);
/* access_list_guards_relay - something in the list, or in a class that it names, keeps strangers from relaying */
bool access_list_guards_relay(struct access *access, const char *restrictions);

/* access.c */
/* access_run - the first answer in a list that is not DUNNO */
enum access_result access_run(struct access_check *check, const char *restrictions);

/* access_reply.c */

/*
 * access_refuse - log and answer "CODE STATUS <name>: SUBJECT rejected: text"
 *
 *  code    450, 554, ...; also decides the class of the status
 *  status  "5.7.1"; made to fit the subject (5.1.x is about addresses)
 */
enum access_result access_refuse(struct access_check *check, enum access_subject subject, int code,
                                 const char *status, const char *text);
/* access_refuse_plain - likewise with a whole reply */
enum access_result access_refuse_plain(struct access_check *check, const char *format, ...)
    PRINTF(2, 3);
/* access_defer_if_permit - refuse when nobody else does; access_deferred then does it */
enum access_result access_defer_if_permit(struct access_check *check, enum access_subject subject,
                                          const char *status, const char *text);
enum access_result access_deferred(struct access_check *check);
/* access_defer_if_reject - what others refuse for good is only deferred, with this text */
enum access_result access_defer_if_reject(struct access_check *check, enum access_subject subject,
                                          const char *status, const char *text);
/*
 * access_permit - permit, and log it where smtpd_log_access_permit_actions wants that
 *
 *  action  the name of the restriction, or what the table says
 *  source  "from hash:/etc/...", or ""
 */
enum access_result access_permit(struct access_check *check, enum access_subject subject,
                                 const char *action, const char *source);
/* access_misconfigured - "451 4.3.5 Server configuration error" */
enum access_result access_misconfigured(struct access_check *check);
/* access_find_target - class and next hop of an address; FOUND or UNAVAILABLE. Those of the sender and of the
 * recipient are asked once. */
enum map_result access_find_target(struct access_check *check, const char *address,
                                   struct route_target *target_r, struct error *err) MUST_CHECK;
/* access_lookup_failed - "451 4.3.0 <address>: Temporary lookup failure" */
enum access_result access_lookup_failed(struct access_check *check, const char *address);

/* access_subject_name - "bob@example.test", "client.test[192.0.2.7]", "DATA"; "" when not known yet */
const char *access_subject_name(const struct smtpd_session *session, enum access_subject subject);

/* access_subject_text - "Recipient address" */
const char *access_subject_text(enum access_subject subject);

/* access_order.c */
/* access_obey - do what the value of table "type:name" says about the subject */
enum access_result access_obey(struct access_check *check, enum access_subject subject,
                               const char *table, struct span value);

/* access_table.c: look the subject up in the step's table and do what the value says: access(5) */
access_function access_table_client, access_table_reverse_client, access_table_helo,
    access_table_sender, access_table_recipient, access_table_etrn;
/* permit when the client's address is in the table */
access_function access_match_client;

/* access_host.c: about the client */
access_function access_permit_mynetworks, access_permit_inet_interfaces,
    access_reject_unknown_client_hostname, access_reject_unknown_reverse_client_hostname,
    access_reject_plaintext_session, access_reject_unauth_pipelining,
    access_reject_invalid_helo_hostname, access_reject_non_fqdn_helo_hostname,
    access_reject_unknown_helo_hostname;

enum domain_answer { DOMAIN_EXISTS, DOMAIN_ABSENT, DOMAIN_UNKNOWN, DOMAIN_NULL_MX };
/* access_find_domain - by MX, else by an address: RFC 5321 section 5.1, RFC 7505 */
enum domain_answer access_find_domain(struct access_check *check, const char *domain);
/* access_no_answer - DOMAIN_UNKNOWN: what ..._tempfail_action names, defer_if_permit or defer */
enum access_result access_no_answer(struct access_check *check, enum access_subject subject,
                                    const char *action, const char *status, const char *text);

/* access_address.c: about sender and recipient */
access_function access_reject_non_fqdn_sender, access_reject_non_fqdn_recipient,
    access_reject_unknown_sender_domain, access_reject_unknown_recipient_domain,
    access_reject_unlisted_sender, access_reject_unlisted_recipient,
    access_reject_multi_recipient_bounce, access_permit_auth_destination,
    access_reject_unauth_destination, access_defer_unauth_destination;
/* access_reject_unlisted - the address is in one of our domains, and nobody's */
enum access_result access_reject_unlisted(struct access_check *check, enum access_subject subject,
                                          const char *address);

#endif
