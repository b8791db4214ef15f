/*
 * The chain of password databases. A user whom one database does not know is looked for in the next; a wrong
 * password in the last one that knows him is final; a database that cannot answer makes the whole answer
 * "unavailable" unless an earlier one said yes.
 *
 * Whoever guesses names shall learn nothing from the time: for a name that nobody knows, the work is done on
 * what is stored for somebody else.
 */
#include "lib/base/base.h"

#include "auth/passdb.h"

#include "auth/database.h"
#include "auth/oauth.h"
#include "auth/place.h"
#include "auth/secret.h"
#include "lib/base/log.h"
#include "lib/base/strlist.h"
#include "lib/map/cidr.h"
#include "lib/sasl/saslprep.h"

/* Until some user is known: of a random password, in the scheme that crypt(3) has for most. */
#define SAMPLE_DEFAULT                                                                             \
    "{SHA512-CRYPT}$6$nobodyatallhere$egbzm8YwpEBON.arisjox"                                       \
    "S90RwGur65XO9hkqOnen5rRVomZTR.dMqsIdPCa9to/ty2Dovg15nHsnJRA0YJxQ/"

struct database_list {
    struct database **items;
    size_t count;
};

struct passdb_chain {
    const struct config *config;
    struct mailbox_finder *finder;
    struct oauth *oauth; /* NULL: no tokens */
    struct database_list users, masters;
    struct secret_key key;
    char *sample; /* what is stored for the user who was found last */
};

/* --- opening ---------------------------------------------------------------------------------------------- */

static bool open_list(const struct config *config, const char *parameter, const char *value,
                      struct database_list *list_r, struct error *err)
{
    struct strlist names = STRLIST_EMPTY;
    bool opened = strlist_split_config(&names, value, err);

    list_r->items = mem_alloc((names.count + 1) * sizeof(struct database *));
    for (size_t i = 0; opened && i < names.count; i++) {
        struct database *database = database_open(config, names.items[i], err);
        if (database != NULL)
            list_r->items[list_r->count++] = database;
        else
            opened = false;
    }
    strlist_release(&names);
    if (!opened)
        error_prefix(err, "%s", parameter);
    return opened;
}

static void set_sample(struct passdb_chain *chain, const char *password)
{
    mem_free(chain->sample);
    chain->sample = mem_text(password);
}

/* Of a database that can be gone through; others show theirs with the first user who is found. */
static void take_sample(struct passdb_chain *chain)
{
    for (size_t i = 0; i < chain->users.count; i++) {
        const char *password = database_sample(chain->users.items[i]);
        if (password != NULL) {
            set_sample(chain, password);
            return;
        }
    }
}

struct passdb_chain *passdb_open(const struct config *config, struct error *err)
{
    struct passdb_chain *chain = mem_new(struct passdb_chain);

    chain->config = config;
    chain->sample = mem_text(SAMPLE_DEFAULT);
    chain->key = secret_key_create();
    if (!open_list(config, "auth_passdb", config->auth_passdb, &chain->users, err) ||
        !open_list(config, "auth_master_passdb", config->auth_master_passdb, &chain->masters,
                   err) ||
        !oauth_open(config, &chain->oauth, err) || !username_check_settings(config, err))
        return NULL; /* the process ends by it */
    take_sample(chain);
    chain->finder = mailbox_finder_create(config, false);
    return chain;
}

struct passdb_chain *passdb_reopen(const struct passdb_chain *chain, struct error *err)
{
    struct passdb_chain *again = passdb_open(chain->config, err);

    if (again != NULL) /* the same salts in all processes */
        again->key = chain->key;
    return again;
}

static bool list_changed(const struct database_list *list)
{
    bool changed = false;

    for (size_t i = 0; i < list->count; i++)
        changed = database_changed(list->items[i]) || changed;
    return changed;
}

bool passdb_changed(struct passdb_chain *chain)
{
    bool users = list_changed(&chain->users), masters = list_changed(&chain->masters);

    return users || masters;
}

/* --- one database ------------------------------------------------------------------------------------------ */

struct verdict {
    enum check_outcome outcome;
    enum check_refusal refusal;
    bool is_known; /* this database has such a user */
    bool has_entry;
    bool may_change; /* it may depend on anything: PAM was asked */
    const char *reason;
    struct passwd_entry entry;
};

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
        verdict->refusal = REFUSED_DISABLED;
        verdict->reason = "account disabled";
    } else if (entry->allow_nets[0] != '\0' &&
               !may_come_from(entry->allow_nets, question->remote_address)) {
        verdict->outcome = CHECK_FAILED;
        verdict->refusal = REFUSED_NOT_ALLOWED;
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
    if (database_is_deny(database)) {
        verdict.reason = "user is in the list of those who may not log in";
        return verdict;
    }
    set_sample(chain, verdict.entry.password);
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
    case DATABASE_UNAVAILABLE:
        verdict.outcome = CHECK_UNAVAILABLE;
        break;
    }
    return verdict;
}

/* --- all of them ------------------------------------------------------------------------------------------- */

static void log_verdict(const struct passdb_chain *chain, const char *kind,
                        const struct question *question, enum check_outcome outcome,
                        const char *reason)
{
    if (outcome == CHECK_FAILED && chain->config->auth_verbose)
        log_info("auth: %s(%s,%s,<%s>): %s", kind, question->user, question->remote_address,
                 question->session, reason);
    else if (outcome == CHECK_UNAVAILABLE)
        log_warning("auth: %s(%s,%s,<%s>): %s", kind, question->user, question->remote_address,
                    question->session, reason);
}

/* The same work as for a user who exists. */
static void pretend(const struct passdb_chain *chain, const struct question *question)
{
    struct error err = {0};

    if (question->kind == ASK_PASSWORD &&
        password_check(chain->sample, question->user, question->password, &err) ==
            PASSWORD_UNUSABLE)
        log_debug("auth: %s", err.text);
}

static struct verdict ask_list(struct passdb_chain *chain, const struct database_list *list,
                               const struct question *question, struct arena *arena)
{
    struct verdict verdict = {.outcome = CHECK_FAILED, .reason = "unknown user"};
    const char *kind = "passdb";

    for (size_t i = 0; i < list->count; i++) {
        struct database *database = list->items[i];
        const bool is_deny = database_is_deny(database);
        struct verdict next = database_only_checks(database)
                                  ? ask_check(database, question, arena)
                                  : ask_entries(chain, database, question, arena);
        if (is_deny && !next.is_known && next.outcome == CHECK_FAILED)
            continue;
        next.may_change = next.may_change || verdict.may_change;
        verdict = next;
        kind = database_kind(database);
        if (verdict.outcome != CHECK_FAILED || verdict.is_known)
            break;
    }
    if (verdict.outcome == CHECK_FAILED && !verdict.is_known)
        pretend(chain, question);
    /* An account that only the mailbox tables know is no failure yet when no password is asked. */
    if (verdict.is_known || verdict.outcome != CHECK_FAILED || question->kind == ASK_PASSWORD ||
        question->kind == ASK_SECRET)
        log_verdict(chain, kind, question, verdict.outcome, verdict.reason);
    return verdict;
}

static void find_mailbox(struct passdb_chain *chain, struct arena *arena,
                         const struct question *question, const struct passwd_entry *entry,
                         struct check_result *result)
{
    const struct username_variables variables = {
        .user = result->user,
        .protocol = question->protocol,
        .remote = question->remote_address,
    };
    struct error err = {0};

    switch (
        place_find(chain->config, chain->finder, &variables, entry, arena, &result->place, &err)) {
    case MAP_FOUND:
        return;
    case MAP_UNAVAILABLE:
        result->outcome = CHECK_UNAVAILABLE;
        result->reason = arena_copy(arena, err.text);
        break;
    case MAP_ABSENT:
        result->outcome = CHECK_FAILED;
        result->reason = "he is who he says, but has no mailbox here";
        break;
    }
    log_verdict(chain, "mailbox", question, result->outcome, result->reason);
}

/* --- secrets ------------------------------------------------------------------------------------------------ */

static void find_secret(struct passdb_chain *chain, const struct question *question,
                        const struct verdict *verdict, struct check_result *result)
{
    const bool has_entry = verdict->has_entry && verdict->outcome != CHECK_UNAVAILABLE;

    if (has_entry && secret_read(&chain->key, verdict->entry.password, question->wanted,
                                 question->user, &result->secret))
        return;
    secret_invent(&chain->key, chain->sample, question->wanted, question->user, &result->secret);
    if (has_entry && result->outcome == CHECK_PASSED) {
        result->outcome = CHECK_FAILED;
        result->reason = "the stored password is not good for this mechanism";
        log_verdict(chain, "passdb", question, CHECK_FAILED, result->reason);
    }
}

/* --- questions ----------------------------------------------------------------------------------------------- */

/* A master user was recognised: now to whom the mailbox belongs. */
static struct verdict ask_account(struct passdb_chain *chain, struct arena *arena,
                                  const struct question *question)
{
    struct question account = *question;
    struct verdict verdict;

    account.kind = ASK_ACCOUNT;
    account.user = question->act_as;
    verdict = ask_list(chain, &chain->users, &account, arena);
    if (verdict.outcome == CHECK_FAILED && !verdict.is_known)
        verdict.outcome = CHECK_PASSED; /* if he has a mailbox */
    return verdict;
}

static void settle(struct passdb_chain *chain, struct arena *arena, const struct question *question,
                   const struct verdict *verdict, struct check_result *result)
{
    const struct passwd_entry *entry = verdict->has_entry ? &verdict->entry : NULL;

    result->outcome = verdict->outcome;
    result->refusal = verdict->refusal;
    result->reason = verdict->reason;
    result->may_cache = result->may_cache && !verdict->may_change;
    if (entry != NULL) {
        result->may_cache = result->may_cache && entry->allow_nets[0] == '\0';
        result->explanation = entry->reason;
        if (entry->user[0] != '\0')
            result->user = entry->user;
    }
    if (result->outcome == CHECK_PASSED)
        find_mailbox(chain, arena, question, entry, result);
}

/* The user of a token; false: the result says why not. */
static bool read_token(struct passdb_chain *chain, struct arena *arena, struct question *question,
                       struct check_result *result)
{
    const char *claimed = question->user, *owner = NULL;
    struct error err = {0};

    result->outcome = oauth_check(chain->oauth, question->password, arena, &owner, &err);
    if (result->outcome == CHECK_PASSED) {
        question->user = username_normalise(chain->config, arena, owner);
        result->user = question->user;
        if (question->user != NULL && (claimed[0] == '\0' || strcmp(claimed, question->user) == 0))
            return true;
        error_set(&err, ERROR_PERMANENT, "the token is of another user, %s", owner);
        result->outcome = CHECK_FAILED;
    }
    question->user = claimed;
    result->user = claimed;
    result->reason = arena_copy(arena, err.text);
    log_verdict(chain, "oauth2", question, result->outcome, result->reason);
    return false;
}

struct check_result passdb_ask(struct passdb_chain *chain, struct arena *arena,
                               const struct question *asked)
{
    struct question question = *asked;
    const bool is_master = question.act_as[0] != '\0';
    struct check_result result = {
        .user = is_master ? question.act_as : question.user,
        .explanation = "",
        .is_master = is_master,
        .may_cache = question.kind == ASK_PASSWORD,
    };
    struct verdict verdict;

    if (question.kind == ASK_TOKEN && !read_token(chain, arena, &question, &result))
        return result;
    verdict = ask_list(chain, is_master ? &chain->masters : &chain->users, &question, arena);
    /* Whom the channel or a token has named need not be in a database to open his own mailbox; to open that of
     * another he must be a master user. */
    if (!is_master && verdict.outcome == CHECK_FAILED && !verdict.is_known &&
        (question.kind == ASK_TOKEN || question.kind == ASK_ACCOUNT))
        verdict.outcome = CHECK_PASSED;
    if (is_master && verdict.outcome == CHECK_PASSED) {
        struct verdict account = ask_account(chain, arena, &question);
        settle(chain, arena, &question, &account, &result);
    } else {
        settle(chain, arena, &question, &verdict, &result);
    }
    if (question.kind == ASK_SECRET)
        find_secret(chain, &question, &verdict, &result);
    return result;
}
