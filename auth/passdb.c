/*
 * The chain of password databases. A user whom one database does not know is looked for in the next;
 * a wrong password in the last one that knows him is final; a database that cannot answer makes the
 * whole answer "unavailable" unless an earlier one said yes.
 */
#include "lib/base/base.h"

#include "auth/passdb.h"

#include "auth/pam.h"
#include "auth/passwd_file.h"
#include "lib/base/log.h"
#include "lib/base/strlist.h"
#include "lib/sasl/password.h"

#include <ctype.h>

#define USER_MAX           256
#define PAM_SERVICE        "buzon"
#define MAILDIR_UNDER_HOME "Maildir" /* of a passwd-file user who has no other mailbox here */

struct passdb {
    const char *kind; /* for the log: "passwd-file", "pam" */
    struct passwd_file *file;
    char *service; /* of PAM */
};

struct passdb_chain {
    const struct config *config;
    struct mailbox_finder *finder;
    struct passdb *databases;
    size_t count;
};

/* --- opening ---------------------------------------------------------------------------------------------- */

static bool open_database(struct passdb *database, const char *name, struct error *err)
{
    if (strncmp(name, "passwd-file:", 12) == 0) {
        database->kind = "passwd-file";
        database->file = passwd_file_open(name + 12, err);
        return database->file != NULL;
    }
    if (strcmp(name, "pam") == 0 || strncmp(name, "pam:", 4) == 0) {
        database->kind = "pam";
        database->service = mem_text(name[3] == ':' ? name + 4 : PAM_SERVICE);
        return true;
    }
    error_set(err, ERROR_PERMANENT, "auth_passdb: unknown password database \"%s\"", name);
    return false;
}

struct passdb_chain *passdb_open(const struct config *config, struct error *err)
{
    struct passdb_chain *chain = mem_new(struct passdb_chain);
    struct strlist names = STRLIST_EMPTY;
    bool opened = strlist_split_config(&names, config->auth_passdb, err);

    chain->config = config;
    chain->databases = mem_alloc((names.count + 1) * sizeof(*chain->databases));
    for (size_t i = 0; opened && i < names.count; i++)
        opened = open_database(&chain->databases[chain->count++], names.items[i], err);
    strlist_release(&names);
    if (!opened)
        return NULL; /* the process ends by it */
    chain->finder = mailbox_finder_create(config, false);
    return chain;
}

/* --- names -------------------------------------------------------------------------------------------------- */

const char *passdb_normalise(const struct config *config, struct arena *arena, const char *user)
{
    size_t len = strlen(user);
    char *name;

    if (len == 0 || len > USER_MAX)
        return NULL;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)user[i] < ' ' || user[i] == 127 || user[i] == '/' || user[i] == ':')
            return NULL;
    name = arena_copy(arena, user);
    if (strcmp(config->auth_username_format, "lower") == 0)
        for (char *c = name; *c != '\0'; c++)
            *c = to_lower(*c);
    return name;
}

/* --- checking ------------------------------------------------------------------------------------------------ */

struct verdict {
    enum check_outcome outcome;
    bool is_known; /* this database has such a user */
    const char *reason;
    struct passwd_entry entry; /* of a passwd-file */
};

static struct verdict ask_file(struct passdb *database, const struct credentials *credentials,
                               bool may_block, struct arena *arena)
{
    struct verdict verdict = {CHECK_FAILED, false, "unknown user", {0}};
    struct error err = {0};

    if (!passwd_file_find(database->file, credentials->user, &verdict.entry, &err)) {
        if (err.kind != ERROR_NONE) {
            verdict.outcome = CHECK_UNAVAILABLE;
            verdict.reason = arena_copy(arena, err.text);
        }
        return verdict;
    }
    verdict.is_known = true;
    if (verdict.entry.nologin) {
        verdict.reason = "account disabled";
    } else if (!may_block) {
        verdict.outcome = CHECK_WOULD_BLOCK;
    } else {
        switch (password_check(verdict.entry.password, credentials->user, credentials->password,
                               &err)) {
        case PASSWORD_MATCHES:
            verdict.outcome = CHECK_PASSED;
            break;
        case PASSWORD_MISMATCH:
            verdict.reason = "Password mismatch";
            break;
        case PASSWORD_UNUSABLE:
            verdict.reason = arena_copy(arena, err.text);
            break;
        }
    }
    return verdict;
}

static struct verdict ask_pam(const struct passdb *database, const struct credentials *credentials,
                              bool may_block, struct arena *arena)
{
    struct verdict verdict = {CHECK_WOULD_BLOCK, true, "", {0}};

    if (!may_block)
        return verdict;
    switch (pam_check(database->service, credentials->user, credentials->password,
                      credentials->remote_address, arena, &verdict.reason)) {
    case PAM_CHECK_PASSED:
        verdict.outcome = CHECK_PASSED;
        break;
    case PAM_CHECK_UNKNOWN_USER:
        verdict.is_known = false;
        verdict.reason = "unknown user";
        verdict.outcome = CHECK_FAILED;
        break;
    case PAM_CHECK_FAILED:
        verdict.outcome = CHECK_FAILED;
        break;
    case PAM_CHECK_UNAVAILABLE:
        verdict.outcome = CHECK_UNAVAILABLE;
        break;
    }
    return verdict;
}

/* Where the mailbox is follows from how mail is delivered; a passwd-file's home serves those to whom no
 * mail is delivered here. */
static void find_mailbox(struct passdb_chain *chain, struct arena *arena,
                         const struct verdict *verdict, struct check_result *result)
{
    struct error err = {0};

    switch (mailbox_find_login(chain->finder, result->user, arena, &result->place, &err)) {
    case MAP_FOUND:
        return;
    case MAP_UNAVAILABLE:
        result->outcome = CHECK_UNAVAILABLE;
        result->reason = arena_copy(arena, err.text);
        return;
    case MAP_ABSENT:
        break;
    }
    if (verdict->entry.has_ids && verdict->entry.home != NULL && verdict->entry.home[0] == '/') {
        result->place = (struct mailbox_place){
            .format = MAILBOX_MAILDIR,
            .path = arena_printf(arena, "%s/" MAILDIR_UNDER_HOME, verdict->entry.home),
            .home = arena_copy(arena, verdict->entry.home),
            .uid = verdict->entry.uid,
            .gid = verdict->entry.gid,
        };
        return;
    }
    result->outcome = CHECK_FAILED;
    result->reason = "the password is right, but there is no such mailbox";
}

static void log_verdict(const struct passdb *database, const struct credentials *credentials,
                        const struct check_result *result)
{
    if (result->outcome == CHECK_FAILED)
        log_info("auth: %s(%s,%s,<%s>): %s", database->kind, credentials->user,
                 credentials->remote_address, credentials->session, result->reason);
    else if (result->outcome == CHECK_UNAVAILABLE)
        log_warning("auth: %s(%s,%s,<%s>): %s", database->kind, credentials->user,
                    credentials->remote_address, credentials->session, result->reason);
}

struct check_result passdb_check(struct passdb_chain *chain, struct arena *arena,
                                 const struct credentials *credentials, bool may_block)
{
    struct check_result result = {
        .outcome = CHECK_FAILED,
        .reason = "no password database",
        .user = credentials->user,
    };

    for (size_t i = 0; i < chain->count; i++) {
        struct passdb *database = &chain->databases[i];
        struct verdict verdict = database->file != NULL
                                     ? ask_file(database, credentials, may_block, arena)
                                     : ask_pam(database, credentials, may_block, arena);

        result.outcome = verdict.outcome;
        result.reason = verdict.reason;
        if (verdict.outcome == CHECK_PASSED)
            find_mailbox(chain, arena, &verdict, &result);
        if (verdict.outcome == CHECK_FAILED && !verdict.is_known && i + 1 < chain->count)
            continue;
        log_verdict(database, credentials, &result);
        return result;
    }
    return result;
}
