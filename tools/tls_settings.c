/*
 * Settings of TLS in main.cf, for `buzon tls`: what they are, and what switches opportunistic TLS on. They are changed
 * by the code behind buzonconf -e.
 */
#include "lib/base/base.h"

#include "tools/tls_command.h"

#include "lib/base/log.h"
#include "lib/config/parameter.h"
#include "lib/config/source.h"
#include "tools/conf/edit.h"

int tls_refuse(const struct error *err)
{
    return buzon_refuse("%s", err->text);
}

/* Is every setting of TLS with this beginning of its name the default one? */
bool tls_all_default(const struct config *config, const char *prefix)
{
    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        const struct parameter *parameter = &parameters[i];
        const struct entry *entry = &config->source->known[i];

        if (span_starts_with(span_text(parameter->name), prefix) &&
            strstr(parameter->name, "tls") != NULL && entry->text != NULL &&
            strcmp(entry->text, parameter->value) != 0)
            return false;
    }
    return true;
}

/* What has no effect here is left as it is. */
void tls_want(struct strlist *settings, const char *name, const char *value)
{
    const struct parameter *parameter = parameter_find(span_text(name));
    char *setting;

    if (parameter == NULL || parameter->support != PARAMETER_WORKS)
        return;
    setting = mem_printf("%s = %s", name, value);
    strlist_add(settings, setting);
    mem_free(setting);
}

void tls_want_opportunistic(struct strlist *settings, bool server)
{
    if (server) {
        tls_want(settings, "smtpd_tls_security_level", "may");
        tls_want(settings, "smtpd_tls_loglevel", "1");
        tls_want(settings, "smtpd_tls_received_header", "yes");
    } else {
        tls_want(settings, "smtp_tls_security_level", "may");
        tls_want(settings, "smtp_tls_loglevel", "1");
        tls_want(settings, "smtp_tls_session_cache_database",
                 "$default_cache_db_type:$data_directory/smtp_scache");
    }
}

int tls_store(const struct tls_call *tls, struct strlist *settings)
{
    struct error err = {0};
    bool done;

    if (tls->random_source != NULL)
        tls_want(settings, "tls_random_source", tls->random_source);
    done = edit_main(config_directory(tls->call->config), EDIT_SET, settings, &err);
    strlist_release(settings);
    return done ? 0 : tls_refuse(&err);
}

void tls_tell_reload(const struct tls_call *tls)
{
    log_info("Run the command:");
    log_info("  # %s reload", tls->call->program);
    log_info("if you want the new settings to take effect immediately.");
}

void tls_suggest(const struct tls_call *tls, bool server)
{
    const char *side = server ? "server" : "client";
    struct strlist settings = STRLIST_EMPTY;

    log_info("*** Non-default SMTP %s TLS settings detected, no changes made.", side);
    log_info("For opportunistic TLS in the %s SMTP %s, the below settings", tls->call->product,
             side);
    log_info("are typical:");
    tls_want_opportunistic(&settings, server);
    for (size_t i = 0; i < settings.count; i++)
        log_info("  %s", settings.items[i]);
    strlist_release(&settings);
}

int tls_all_default_client(const struct tls_call *tls)
{
    return tls_all_default(tls->call->config, "smtp_") ? 0 : 1;
}

int tls_all_default_server(const struct tls_call *tls)
{
    return tls_all_default(tls->call->config, "smtpd_") ? 0 : 1;
}

int tls_enable_client(const struct tls_call *tls)
{
    struct strlist settings = STRLIST_EMPTY;

    if (!tls_all_default(tls->call->config, "smtp_")) {
        tls_suggest(tls, false);
        return 0;
    }
    tls_want_opportunistic(&settings, false);
    if (tls_store(tls, &settings) != 0)
        return 1;
    log_info("Enabled opportunistic TLS in the %s SMTP client.", tls->call->product);
    tls_tell_reload(tls);
    return 0;
}
