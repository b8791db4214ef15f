/*
 * Binding to an LDAP server (lib/map/driver/ldap_bind.h). With SASL the mechanisms are libsasl2's: it asks
 * for what a mechanism needs to know, and the table's settings answer. Source: Postfix ldap_table(5), LDAP SASL
 * PARAMETERS; sasl_interact_t of sasl/sasl.h.
 */
#include "lib/map/driver/ldap_bind.h"

#include <sasl/sasl.h>
#include <stdio.h>

/* With what the server or the SASL library says about it, where that is more than a word. */
static void fail(const struct map_host *host, LDAP *ldap, int failure, struct error *err)
{
    char *details = NULL;

    (void)ldap_get_option(ldap, LDAP_OPT_DIAGNOSTIC_MESSAGE, &details);
    if (details != NULL && details[0] != '\0')
        host->error_set(err, ERROR_TEMPORARY, "bind: %s (%s)", ldap_err2string(failure), details);
    else
        host->error_set(err, ERROR_TEMPORARY, "bind: %s", ldap_err2string(failure));
    ldap_memfree(details);
}

static bool bind_simply(const struct map_host *host, LDAP *ldap,
                        const struct table_settings *settings, struct error *err)
{
    char *password = host->mem_span(span_text(host->setting(settings, "bind_pw", "")));
    struct berval credentials = {.bv_len = strlen(password), .bv_val = password};
    int failure = ldap_sasl_bind_s(ldap, host->setting(settings, "bind_dn", ""), LDAP_SASL_SIMPLE,
                                   &credentials, NULL, NULL, NULL);

    host->mem_free(password);
    if (failure != LDAP_SUCCESS)
        fail(host, ldap, failure, err);
    return failure == LDAP_SUCCESS;
}

/* --- SASL ------------------------------------------------------------------------------------------ */

struct answers {
    const struct map_host *host;
    const struct table_settings *settings;
};

/* What a mechanism asks; what no setting answers has the library's own default. */
static int answer(LDAP *ldap UNUSED, unsigned flags UNUSED, void *context, void *questions)
{
    static const struct {
        unsigned long id;
        const char *setting;
    } known[] = {
        {SASL_CB_AUTHNAME, "bind_dn"      },
        {SASL_CB_PASS,     "bind_pw"      },
        {SASL_CB_USER,     "sasl_authz_id"},
        {SASL_CB_GETREALM, "sasl_realm"   },
    };
    const struct answers *answers = context;

    for (sasl_interact_t *question = questions; question->id != SASL_CB_LIST_END; question++) {
        const char *text = question->defresult == NULL ? "" : question->defresult;

        for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
            if (question->id == known[i].id)
                text = answers->host->setting(answers->settings, known[i].setting, text);
        }
        question->result = text;
        question->len = (unsigned)strlen(text);
    }
    return LDAP_SUCCESS;
}

static bool set_strength(const struct map_host *host, LDAP *ldap,
                         const struct table_settings *settings, struct error *err)
{
    char properties[32];
    int least;

    if (!host->setting_number(settings, "sasl_minssf", 0, 0, &least, err))
        return false;
    (void)snprintf(properties, sizeof(properties), "minssf=%d", least);
    if (ldap_set_option(ldap, LDAP_OPT_X_SASL_SECPROPS, properties) == LDAP_OPT_SUCCESS)
        return true;
    host->error_set(err, ERROR_TEMPORARY, "bind: sasl_minssf = %d is refused", least);
    return false;
}

static bool bind_by_sasl(const struct map_host *host, LDAP *ldap,
                         const struct table_settings *settings, struct error *err)
{
    struct answers answers = {.host = host, .settings = settings};
    const char *mechanisms = host->setting(settings, "sasl_mechs", "");
    int failure;

    if (!set_strength(host, ldap, settings, err))
        return false;
    failure = ldap_sasl_interactive_bind_s(ldap, NULL, mechanisms[0] == '\0' ? NULL : mechanisms,
                                           NULL, NULL, LDAP_SASL_QUIET, answer, &answers);
    if (failure != LDAP_SUCCESS)
        fail(host, ldap, failure, err);
    return failure == LDAP_SUCCESS;
}

/* --- as told --------------------------------------------------------------------------------------- */

bool ldap_bind_as_told(const struct map_host *host, LDAP *ldap,
                       const struct table_settings *settings, struct error *err)
{
    static const struct {
        const char *word;
        bool (*bind)(const struct map_host *, LDAP *, const struct table_settings *,
                     struct error *);
    } ways[] = {
        {"yes",    bind_simply },
        {"simple", bind_simply },
        {"no",     NULL        },
        {"none",   NULL        },
        {"sasl",   bind_by_sasl},
    };
    const char *word = host->setting(settings, "bind", "yes");

    for (size_t i = 0; i < ARRAY_LENGTH(ways); i++) {
        if (strcasecmp(word, ways[i].word) == 0)
            return ways[i].bind == NULL || ways[i].bind(host, ldap, settings, err);
    }
    host->error_set(err, ERROR_TEMPORARY, "bad configuration: bind = %s", word);
    return false;
}
