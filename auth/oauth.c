/* What a token must say, wherever it was checked: who, from whom, for whom, for what. */
#include "lib/base/base.h"

#include "auth/oauth.h"

#include "auth/introspect.h"
#include "auth/jwt.h"
#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/file_version.h"
#include "lib/base/log.h"
#include "lib/base/strlist.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#define KEYS_FILE_MAX (1024UL * 1024)

struct oauth {
    const struct config *config;
    struct jwks jwks;         /* no keys: every token is asked for */
    struct file_version read; /* of their file */
};

/* --- keys ----------------------------------------------------------------------------------------------------- */

static bool read_keys(struct oauth *oauth, struct error *err)
{
    const char *path = oauth->config->auth_oauth2_keys;
    struct buf content = BUF(KEYS_FILE_MAX);
    struct file_version version;
    struct jwks jwks;
    struct stat status;
    bool read = false;

    if (stat(path, &status) != 0) {
        error_errno(err, "open %s", path);
        return false;
    }
    version = file_version_of(&status);
    if (file_read(AT_FDCWD, path, &content, err)) {
        read = jwks_parse(buf_span(&content), &jwks, err);
        if (!read)
            error_prefix(err, "%s", path);
    }
    buf_release(&content);
    if (read) {
        jwks_release(&oauth->jwks);
        oauth->jwks = jwks;
        oauth->read = version;
    }
    return read;
}

/* Keys change while we run; a file that breaks leaves those that were read. */
static void refresh_keys(struct oauth *oauth)
{
    struct file_version now;
    struct stat status;
    struct error err = {0};

    if (oauth->jwks.count == 0 || stat(oauth->config->auth_oauth2_keys, &status) != 0)
        return;
    now = file_version_of(&status);
    if (!file_version_is(&oauth->read, &now) && !read_keys(oauth, &err))
        log_warning("%s; the keys read before stay", err.text);
}

bool oauth_open(const struct config *config, struct oauth **oauth_r, struct error *err)
{
    *oauth_r = NULL;
    if (config->auth_oauth2_keys[0] == '\0' && config->auth_oauth2_introspection[0] == '\0')
        return true;
    *oauth_r = mem_new(struct oauth);
    (*oauth_r)->config = config;
    return config->auth_oauth2_keys[0] == '\0' || read_keys(*oauth_r, err);
}

/* --- claims ------------------------------------------------------------------------------------------------------- */

static bool list_has(const char *list, const char *item)
{
    struct strlist items = STRLIST_EMPTY;
    bool has;

    strlist_split(&items, list, ", \t");
    has = strlist_has(&items, item);
    strlist_release(&items);
    return has;
}

static bool is_from_issuer(const struct config *config, const json_t *claims)
{
    const char *issuer = json_string_value(json_object_get(claims, "iss"));

    return config->auth_oauth2_issuers[0] == '\0' ||
           (issuer != NULL && list_has(config->auth_oauth2_issuers, issuer));
}

/* "aud" is a text or a list of them. */
static bool is_for_us(const struct config *config, const json_t *claims)
{
    const json_t *audience = json_object_get(claims, "aud");
    size_t count = json_array_size(audience);

    if (config->auth_oauth2_audience[0] == '\0')
        return true;
    if (json_is_string(audience))
        return list_has(config->auth_oauth2_audience, json_string_value(audience));
    for (size_t i = 0; i < count; i++) {
        const char *item = json_string_value(json_array_get(audience, i));
        if (item != NULL && list_has(config->auth_oauth2_audience, item))
            return true;
    }
    return false;
}

/* Every scope that is asked for stands in the token's, which are separated by spaces: RFC 6749 section 3.3. */
static bool has_scopes(const struct config *config, const json_t *claims)
{
    const char *granted = json_string_value(json_object_get(claims, "scope"));
    struct strlist asked = STRLIST_EMPTY;
    bool has = true;

    strlist_split(&asked, config->auth_oauth2_scope, ", \t");
    for (size_t i = 0; has && i < asked.count; i++)
        has = granted != NULL && strlist_text_has(granted, " ", asked.items[i]);
    strlist_release(&asked);
    return has;
}

static enum check_outcome judge(const struct config *config, const json_t *claims,
                                struct arena *arena, const char **user_r, struct error *err)
{
    const char *user =
        json_string_value(json_object_get(claims, config->auth_oauth2_username_claim));

    if (!is_from_issuer(config, claims))
        error_set(err, ERROR_PERMANENT, "the token is not of an issuer of auth_oauth2_issuers");
    else if (!is_for_us(config, claims))
        error_set(err, ERROR_PERMANENT, "the token is not for auth_oauth2_audience");
    else if (!has_scopes(config, claims))
        error_set(err, ERROR_PERMANENT, "the token lacks a scope of auth_oauth2_scope");
    else if (user == NULL || user[0] == '\0')
        error_set(err, ERROR_PERMANENT, "the token has no %s", config->auth_oauth2_username_claim);
    else {
        *user_r = arena_copy(arena, user);
        return CHECK_PASSED;
    }
    return CHECK_FAILED;
}

/* --- tokens ------------------------------------------------------------------------------------------------------- */

static bool is_active(const json_t *claims, struct error *err)
{
    if (json_is_true(json_object_get(claims, "active")))
        return true;
    error_set(err, ERROR_PERMANENT, "the token is not active");
    return false;
}

enum check_outcome oauth_check(struct oauth *oauth, struct span token, struct arena *arena,
                               const char **user_r, struct error *err)
{
    enum check_outcome outcome = CHECK_FAILED;
    json_t *claims;

    if (oauth == NULL) {
        error_set(err, ERROR_PERMANENT, "nobody here knows tokens");
        return CHECK_FAILED;
    }
    refresh_keys(oauth);
    if (oauth->jwks.count > 0 && jwt_looks_like(token)) {
        claims = jwt_verify(token, &oauth->jwks, (int64_t)time(NULL), err);
    } else if (oauth->config->auth_oauth2_introspection[0] != '\0') {
        claims = introspect(oauth->config, token, err);
        if (claims == NULL)
            return CHECK_UNAVAILABLE;
        if (!is_active(claims, err))
            goto out;
    } else {
        error_set(err, ERROR_PERMANENT, "not a JSON Web Token");
        claims = NULL;
    }
    if (claims != NULL)
        outcome = judge(oauth->config, claims, arena, user_r, err);
out:
    json_decref(claims);
    return outcome;
}
