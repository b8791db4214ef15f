/*
 * The chain of password databases: opening it, and what a question finds out beyond the password: whose mailbox it is,
 * where it lies, which secret is stored. Who knows the user, and what he says, is found out in passdb_judge.c.
 */
#include "lib/base/base.h"

#include "auth/passdb_private.h"

#include "auth/oauth.h"
#include "auth/place.h"
#include "auth/secret.h"
#include "lib/base/strlist.h"

/* Until some user is known: of a random password, in the scheme that crypt(3) has for most. */
#define SAMPLE_DEFAULT                                                                             \
    "{SHA512-CRYPT}$6$nobodyatallhere$egbzm8YwpEBON.arisjox"                                       \
    "S90RwGur65XO9hkqOnen5rRVomZTR.dMqsIdPCa9to/ty2Dovg15nHsnJRA0YJxQ/"

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

/* Of a database that can be gone through; others show theirs with the first user who is found. */
static void take_sample(struct passdb_chain *chain)
{
    for (size_t i = 0; i < chain->users.count; i++) {
        const char *password = database_sample(chain->users.items[i]);
        if (password != NULL) {
            passdb_set_sample(chain, password);
            return;
        }
    }
}

struct passdb_chain *passdb_open(const struct config *config, const struct secret_key *salts,
                                 struct error *err)
{
    struct passdb_chain *chain = mem_new(struct passdb_chain);

    chain->config = config;
    passdb_set_sample(chain, SAMPLE_DEFAULT);
    chain->key = *salts;
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
    return passdb_open(chain->config, &chain->key, err);
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

/* --- mailboxes --------------------------------------------------------------------------------------------- */

static void find_mailbox(struct passdb_chain *chain, struct arena *arena,
                         const struct question *question, const struct passwd_entry *entry,
                         struct check_result *result)
{
    bool names_remote = false;
    const struct username_variables variables = {
        .user = result->user,
        .protocol = question->protocol,
        .remote = question->remote_address,
        .names_remote = &names_remote,
    };
    struct error err = {0};
    enum map_result found =
        place_find(chain->config, chain->finder, &variables, entry, arena, &result->place, &err);

    result->may_cache = result->may_cache && !names_remote; /* kept answers are for all addresses */
    switch (found) {
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
    passdb_log(chain, "mailbox", question, result->outcome, result->reason);
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
        passdb_log(chain, "passdb", question, CHECK_FAILED, result->reason);
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
    verdict = passdb_judge(chain, &chain->users, &account, arena);
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
    passdb_log(chain, "oauth2", question, result->outcome, result->reason);
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
    verdict = passdb_judge(chain, is_master ? &chain->masters : &chain->users, &question, arena);
    result.may_cache = result.may_cache && !verdict.may_change;
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
