/*
 * The chain of password databases, each asked until one lets the user in or knows that he is not wanted: what
 * is a wrong password here may be right there (Dovecot's result_failure = continue). One that cannot answer makes
 * the whole answer "unavailable" unless an earlier one said yes.
 *
 * Whoever guesses names shall learn nothing from the time: for a name that has no stored password, the work is done
 * on what is stored for somebody else, whatever PAM or a directory has done before.
 */
#include "lib/base/base.h"

#include "auth/passdb_private.h"

#include "lib/base/log.h"
#include "lib/base/strlist.h"
#include "lib/map/cidr.h"
#include "lib/sasl/saslprep.h"

void passdb_set_sample(struct passdb_chain *chain, const char *password)
{
    mem_free(chain->sample);
    chain->sample = mem_text(password);
}

/* --- one database ------------------------------------------------------------------------------------------ */

/* "192.0.2.0/24,2001:db8::1,local" */
static bool may_come_from(const char *networks, const char *remote_address)
{
    struct strlist list = STRLIST_EMPTY;
    struct cidr address, network;
    bool has_address = cidr_parse_address(span_text(remote_address), &address), may = false;

    strlist_split(&list, networks, ", \t");
    for (size_t i = 0; !may && i < list.count; i++)
        may = has_address ? cidr_parse(span_text(list.items[i]), &network, NULL) &&
                                cidr_contains(&network, &address)
                          : strcmp(list.items[i], "local") == 0;
    strlist_release(&list);
    return may;
}

/* Said only to those who have proved who they are. */
static void refuse_entry(struct verdict *verdict, const struct question *question)
{
    const struct passwd_entry *entry = &verdict->entry;

    if (verdict->outcome != CHECK_PASSED)
        return;
    if (entry->unsupported[0] != '\0') {
        verdict->outcome = CHECK_UNAVAILABLE;
        verdict->reason = "the extra field \"proxy\" is not supported";
    } else if (entry->nologin) {
        verdict->outcome = CHECK_FAILED;
        verdict->is_final = true;
        verdict->refusal = REFUSED_DISABLED;
        verdict->reason = "account disabled";
    } else if (entry->allow_nets[0] != '\0' &&
               !may_come_from(entry->allow_nets, question->remote_address)) {
        verdict->outcome = CHECK_FAILED; /* another database may let him in from there */
        verdict->reason = "allow_nets check failed: IP not in allowed networks";
    }
}

/* As it is: what was stored by a client of another charset stays right. Then as RFC 4616 wants it prepared. */
static enum password_result match(const char *stored, const struct question *question,
                                  struct arena *arena, struct error *err)
{
    enum password_result result = password_check(stored, question->user, question->password, err);
    struct span prepared;

    if (result != PASSWORD_MISMATCH)
        return result;
    prepared = saslprep(arena, question->password);
    return prepared.data == NULL || span_equal(prepared, question->password)
               ? result
               : password_check(stored, question->user, prepared, err);
}

static void check_password(struct verdict *verdict, const struct question *question,
                           struct arena *arena)
{
    struct error err = {0};

    if (verdict->entry.nopassword) {
        verdict->outcome = CHECK_PASSED;
        return;
    }
    switch (match(verdict->entry.password, question, arena, &err)) {
    case PASSWORD_MATCHES:
        verdict->outcome = CHECK_PASSED;
        break;
    case PASSWORD_MISMATCH:
        verdict->reason = "Password mismatch";
        break;
    case PASSWORD_UNUSABLE:
        verdict->reason = arena_copy(arena, err.text);
        break;
    }
}

static struct verdict ask_entries(struct passdb_chain *chain, struct database *database,
                                  const struct question *question, struct arena *arena)
{
    struct verdict verdict = {.outcome = CHECK_FAILED, .reason = "unknown user"};
    struct error err = {0};

    database_refresh(database);
    switch (database_find(database, question->user, arena, &verdict.entry, &err)) {
    case MAP_ABSENT:
        return verdict;
    case MAP_UNAVAILABLE:
        verdict.outcome = CHECK_UNAVAILABLE;
        verdict.reason = arena_copy(arena, err.text);
        return verdict;
    case MAP_FOUND:
        break;
    }
    verdict.is_known = true;
    verdict.has_entry = true;
    verdict.may_change = verdict.entry.allow_nets[0] != '\0';
    if (database_is_deny(database)) {
        verdict.is_final = true;
        verdict.reason = "user is in the list of those who may not log in";
        return verdict;
    }
    passdb_set_sample(chain, verdict.entry.password);
    if (question->kind == ASK_PASSWORD)
        check_password(&verdict, question, arena);
    else
        verdict.outcome = CHECK_PASSED;
    refuse_entry(&verdict, question);
    return verdict;
}

/* It only knows whether a password is right; for other questions it knows nobody. */
static struct verdict ask_check(struct database *database, const struct question *question,
                                struct arena *arena)
{
    struct verdict verdict = {.outcome = CHECK_FAILED, .reason = "unknown user"};

    if (question->kind != ASK_PASSWORD)
        return verdict;
    database_refresh(database);
    verdict.may_change = database_may_change(database);
    verdict.is_known = true;
    switch (database_check(database, question->user, question->password, question->remote_address,
                           arena, &verdict.reason)) {
    case DATABASE_PASSED:
        verdict.outcome = CHECK_PASSED;
        break;
    case DATABASE_UNKNOWN_USER:
        verdict.is_known = false;
        verdict.reason = "unknown user";
        break;
    case DATABASE_FAILED:
        break;
    case DATABASE_EXPIRED:
        verdict.is_final = true;
        verdict.refusal = REFUSED_EXPIRED;
        break;
    case DATABASE_UNAVAILABLE:
        verdict.outcome = CHECK_UNAVAILABLE;
        break;
    }
    return verdict;
}

/* --- all of them ------------------------------------------------------------------------------------------- */

void passdb_log(const struct passdb_chain *chain, const char *kind, const struct question *question,
                enum check_outcome outcome, const char *reason)
{
    if (outcome == CHECK_FAILED && chain->config->auth_verbose)
        log_info("auth: %s(%s,%s,<%s>): %s", kind, question->user, question->remote_address,
                 question->session, reason);
    else if (outcome == CHECK_UNAVAILABLE)
        log_warning("auth: %s(%s,%s,<%s>): %s", kind, question->user, question->remote_address,
                    question->session, reason);
}

/* Stored passwords, for which users who exist cost work. */
static bool has_passwords(const struct database_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (!database_only_checks(list->items[i]) && !database_is_deny(list->items[i]))
            return true;
    return false;
}

/* The same work as for a user who exists. */
static void pretend(const struct passdb_chain *chain, const struct question *question,
                    struct arena *arena)
{
    struct error err = {0};

    if (question->kind == ASK_PASSWORD &&
        match(chain->sample, question, arena, &err) == PASSWORD_UNUSABLE)
        log_debug("auth: %s", err.text);
}

struct verdict passdb_judge(struct passdb_chain *chain, const struct database_list *list,
                            const struct question *question, struct arena *arena)
{
    struct verdict verdict = {.outcome = CHECK_FAILED, .reason = "unknown user"};
    const char *kind = "passdb";
    bool has_worked = false;

    for (size_t i = 0; i < list->count; i++) {
        struct database *database = list->items[i];
        struct verdict next = database_only_checks(database)
                                  ? ask_check(database, question, arena)
                                  : ask_entries(chain, database, question, arena);
        const bool has_failed = next.outcome == CHECK_FAILED;
        has_worked = has_worked || (next.has_entry && !database_is_deny(database));
        next.may_change = verdict.may_change = next.may_change || verdict.may_change;
        if (has_failed && !next.is_known && (database_is_deny(database) || verdict.is_known))
            continue; /* a wrong password is the better reason */
        verdict = next;
        kind = database_kind(database);
        if (!has_failed || verdict.is_final)
            break;
    }
    if (verdict.outcome == CHECK_FAILED && !has_worked && has_passwords(list))
        pretend(chain, question, arena);
    /* An account that only the mailbox tables know is no failure yet when no password is asked. */
    if (verdict.is_known || verdict.outcome != CHECK_FAILED || question->kind == ASK_PASSWORD ||
        question->kind == ASK_SECRET)
        passdb_log(chain, kind, question, verdict.outcome, verdict.reason);
    return verdict;
}
