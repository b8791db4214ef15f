/*
 * redis: values in a Redis or Valkey server. A query is a command, each word one argument, into which
 * the key is put after the words were told apart: nothing in a key can become a word or a command of
 * its own. Source: Redis protocol specification (RESP), version 2.
 */
#include "lib/map/map_type.h"

#include "lib/base/clock.h"
#include "lib/io/tls.h"
#include "lib/map/replies.h"
#include "lib/map/server_table.h"

#define DEFAULT_PORT "6379"
#define COMMAND_MAX  (4U * 1024 * 1024)
#define REPLY_MAX    (16U * 1024 * 1024)

struct redis_table {
    struct server_table common;
    struct strlist words; /* of the command, templates */
    struct buf word, command;
    struct span *values; /* of the last reply */
};

/* --- commands ------------------------------------------------------------------------------------ */

static bool add_word(struct buf *command, struct span word, struct error *err)
{
    if (buf_printf(command, "$%zu\r\n", word.len) && buf_append_span(command, word) &&
        buf_append_text(command, "\r\n"))
        return true;
    error_set(err, ERROR_TEMPORARY, "a command is too long");
    return false;
}

static void ignore_value(void *context UNUSED, size_t index UNUSED, struct span value UNUSED)
{
}

/* *refused_r: the server answered, with an error. */
static bool say(struct peer *server, struct buf *command, struct redis_reply *reply,
                bool *refused_r, struct error *err)
{
    *refused_r = false;
    if (!peer_ask(server, buf_span(command), REPLY_MAX, redis_reply_parse, reply, err))
        return false;
    if (reply->failure.data == NULL)
        return true;
    error_set(err, ERROR_TEMPORARY, "the server says: %.*s", SPAN_PRINTF(reply->failure));
    *refused_r = true;
    return false;
}

/* --- connecting ---------------------------------------------------------------------------------- */

/* A command of plain words, before any key is asked for. */
static bool prepare_with(struct peer *server, const char *const *words, struct error *err)
{
    struct buf command = BUF(COMMAND_MAX);
    struct redis_reply reply = {.value = ignore_value};
    size_t count = 0;
    bool refused;
    bool done;

    while (words[count] != NULL)
        count++;
    done = buf_printf(&command, "*%zu\r\n", count);
    for (size_t i = 0; done && i < count; i++)
        done = add_word(&command, span_text(words[i]), err);
    done = done && say(server, &command, &reply, &refused, err);
    buf_release(&command);
    return done;
}

static bool log_in(struct peer *server, const struct table_settings *settings, struct error *err)
{
    const char *user = table_setting(settings, "user", "");
    const char *password = table_setting(settings, "password", "");
    const char *number = table_setting(settings, "dbname", "");
    const char *const auth[] = {"AUTH", user, password, NULL};
    const char *const auth_default[] = {"AUTH", password, NULL};
    const char *const select[] = {"SELECT", number, NULL};

    if (password[0] != '\0' && !prepare_with(server, user[0] == '\0' ? auth_default : auth, err))
        return false;
    return number[0] == '\0' || prepare_with(server, select, err);
}

static bool encrypt(struct peer *server, const struct table_settings *settings, struct error *err)
{
    const struct tls_client_settings tls = {
        .ca_file = table_setting(settings, "tls_CAfile", ""),
        .ca_path = table_setting(settings, "tls_CApath", ""),
        .certificate_file = table_setting(settings, "tls_cert_file", ""),
        .key_file = table_setting(settings, "tls_key_file", ""),
        .cipher_list = table_setting(settings, "tls_ciphers", ""),
    };
    struct tls_context *context;
    bool wanted;
    bool verifies;
    bool done;

    if (!table_setting_flag(settings, "tls", false, &wanted, err) ||
        !table_setting_flag(settings, "tls_verify_cert", true, &verifies, err))
        return false;
    if (!wanted)
        return true;
    context = tls_context_client(&tls, err);
    done = context != NULL && peer_start_tls(server, context, verifies, err);
    tls_context_free(&context);
    return done;
}

static void *connect_server(const struct map_host *host UNUSED,
                            const struct table_settings *settings, const char *name,
                            struct error *err)
{
    struct peer *server;
    int timeout_s;

    if (!table_setting_number(settings, "timeout", 10, 1, &timeout_s, err))
        return NULL;
    server = peer_open(name, DEFAULT_PORT, clock_ms(timeout_s), err);
    if (server != NULL && (!encrypt(server, settings, err) || !log_in(server, settings, err)))
        peer_close(&server);
    return server;
}

static void close_server(void *connection)
{
    struct peer *server = connection;

    peer_close(&server);
}

static const struct server_driver driver = {.connect = connect_server, .close = close_server};

/* --- the table ----------------------------------------------------------------------------------- */

static void close_table(void *opened)
{
    struct redis_table *table = opened;

    server_table_close(&table->common);
    strlist_release(&table->words);
    buf_release(&table->word);
    buf_release(&table->command);
    mem_free(table->values);
    mem_free(table);
}

static bool read_query(struct redis_table *table, struct error *err)
{
    static const struct table_setting_check checks[] = {
        {"timeout",         TABLE_SETTING_NUMBER, 1},
        {"tls",             TABLE_SETTING_FLAG,   0},
        {"tls_verify_cert", TABLE_SETTING_FLAG,   0},
        {NULL,              TABLE_SETTING_TEXT,   0},
    };
    const struct table_settings *settings = table->common.settings;

    if (!table_settings_check(settings, checks, err))
        return false;
    strlist_split(&table->words, table_setting(settings, "query", "GET %s"), " \t\r\n");
    if (table->words.count == 0) {
        error_set(err, ERROR_PERMANENT, "%s: query is empty", table_settings_name(settings));
        return false;
    }
    for (size_t i = 0; i < table->words.count; i++) {
        if (!table_query_template(table->common.query, table->words.items[i], err))
            return false;
    }
    return true;
}

static void *open_table(const struct config *config, const char *name, struct error *err)
{
    struct redis_table *table = mem_new(struct redis_table);
    const struct table_settings *settings;

    table->word = table->command = BUF(COMMAND_MAX);
    if (server_table_open(&table->common, config, name, err) && read_query(table, err)) {
        settings = table->common.settings;
        table->common.servers = servers_create(
            &driver, settings, table_setting(settings, "hosts", "localhost"), ", \t\r\n");
        table->values = mem_alloc(REDIS_VALUES_MAX * sizeof(struct span));
        return table;
    }
    close_table(table);
    return NULL;
}

static bool word_command(struct redis_table *table, struct span key, struct error *err)
{
    buf_clear(&table->command);
    if (!buf_printf(&table->command, "*%zu\r\n", table->words.count))
        return false;
    for (size_t i = 0; i < table->words.count; i++) {
        buf_clear(&table->word);
        if (!table_query_expand(table->words.items[i], key, NULL, NULL, &table->word, err) ||
            !add_word(&table->command, buf_span(&table->word), err))
            return false;
    }
    return true;
}

static void note_value(void *context, size_t index, struct span value)
{
    struct redis_table *table = context;

    table->values[index] = value;
}

static enum server_outcome ask(struct server_table *opened, void *connection,
                               struct table_answer *answer, struct error *err)
{
    struct redis_table *table = (struct redis_table *)opened;
    struct redis_reply reply = {.value = note_value, .context = table};
    bool refused;

    if (!word_command(table, answer->key, err))
        return SERVER_FINAL;
    if (!say(connection, &table->command, &reply, &refused, err))
        return refused ? SERVER_REFUSED : SERVER_LOST;
    for (size_t i = 0; i < reply.count; i++) {
        if (table->values[i].data != NULL && !table_answer_add(answer, table->values[i], err))
            return SERVER_FINAL;
    }
    return SERVER_ANSWERED;
}

static enum map_result lookup(void *opened, struct span key, int flags UNUSED, struct buf *value_r,
                              struct error *err)
{
    return server_table_lookup(opened, key, ask, value_r, err);
}

const struct map_type map_type_redis = {
    .name = "redis",
    .traits = MAP_FILES | MAP_SERVER | MAP_WAITS,
    .suffix = "",
    .open = open_table,
    .lookup = lookup,
    .changed = server_table_changed,
    .close = close_table,
};
