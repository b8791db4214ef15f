/* Choosing among servers, and staying away from dead ones (lib/map/servers.h). */
#include "lib/map/servers.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"

#include <sys/random.h>

#define IDLE_MS        60000
#define PAUSE_FIRST_MS 1000 /* after the first failure; doubled by each further one */
#define PAUSE_MOST_MS  60000

struct server {
    char *name;
    bool is_local;
    void *connection; /* NULL: none */
    bool is_proven;   /* it has answered before */
    int64_t used_ms;
    int64_t pause_ms; /* 0: it did not fail the last time */
    int64_t dead_until_ms;
};

struct servers {
    const struct server_driver *driver;
    const struct table_settings *settings;
    struct server *all;
    size_t count;
    struct server *current;
    struct error last; /* why the last one failed */
};

struct servers *servers_create(const struct server_driver *driver,
                               const struct table_settings *settings, const char *names,
                               const char *separators)
{
    struct servers *servers = mem_new(struct servers);
    struct strlist list = STRLIST_EMPTY;

    servers->driver = driver;
    servers->settings = settings;
    strlist_split(&list, names, separators);
    servers->all = mem_alloc((list.count + 1) * sizeof(struct server));
    for (; servers->count < list.count; servers->count++) {
        struct server *server = &servers->all[servers->count];

        server->name = mem_text(list.items[servers->count]);
        server->is_local = strncmp(server->name, "unix:", strlen("unix:")) == 0;
    }
    strlist_release(&list);
    return servers;
}

static void hang_up(struct servers *servers, struct server *server)
{
    if (server->connection != NULL)
        servers->driver->close(server->connection);
    server->connection = NULL;
}

void servers_free(struct servers **servers)
{
    if (*servers == NULL)
        return;
    for (size_t i = 0; i < (*servers)->count; i++) {
        hang_up(*servers, &(*servers)->all[i]);
        mem_free((*servers)->all[i].name);
    }
    mem_free((*servers)->all);
    mem_free(*servers);
    *servers = NULL;
}

static bool is_candidate(const struct server *server, bool connected, bool local, int64_t now_ms)
{
    return (server->connection != NULL) == connected && server->is_local == local &&
           (connected || server->dead_until_ms <= now_ms);
}

/* Any of the candidates, by chance. */
static struct server *pick(struct servers *servers, bool connected, bool local, int64_t now_ms)
{
    uint64_t random = 0;
    size_t count = 0;
    size_t wanted;

    for (size_t i = 0; i < servers->count; i++)
        count += is_candidate(&servers->all[i], connected, local, now_ms);
    if (count == 0)
        return NULL;
    if (count > 1 && getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        random = (uint64_t)now_ms;
    wanted = (size_t)(random % count);
    for (size_t i = 0;; i++) {
        if (is_candidate(&servers->all[i], connected, local, now_ms) && wanted-- == 0)
            return &servers->all[i];
    }
}

static struct server *choose(struct servers *servers, int64_t now_ms)
{
    static const struct {
        bool connected, local;
    } order[] = {
        {true,  true },
        {true,  false},
        {false, true },
        {false, false}
    };

    for (size_t i = 0; i < ARRAY_LENGTH(order); i++) {
        struct server *server = pick(servers, order[i].connected, order[i].local, now_ms);

        if (server != NULL)
            return server;
    }
    return NULL;
}

static void pause_server(struct servers *servers, struct server *server, const struct error *why)
{
    server->pause_ms = server->pause_ms == 0 ? PAUSE_FIRST_MS : server->pause_ms * 2;
    if (server->pause_ms > PAUSE_MOST_MS)
        server->pause_ms = PAUSE_MOST_MS;
    server->dead_until_ms = clock_monotonic_ms() + server->pause_ms;
    servers->last = *why;
    log_warning("%s: server %s: %s", table_settings_name(servers->settings), server->name,
                why->text);
}

static bool connect_to(struct servers *servers, struct server *server, struct error *err)
{
    server->connection = servers->driver->connect(&map_host, servers->settings, server->name, err);
    server->is_proven = false;
    if (server->connection == NULL)
        pause_server(servers, server, err);
    return server->connection != NULL;
}

void *servers_connection(struct servers *servers, struct error *err)
{
    struct server *server;
    int64_t now_ms;

    if (servers->current != NULL) { /* it was asked before and nobody complained */
        servers->current->is_proven = true;
        servers->current->pause_ms = 0;
    }
    for (;;) {
        now_ms = clock_monotonic_ms();
        server = choose(servers, now_ms);
        servers->current = server;
        if (server == NULL)
            break;
        if (server->connection != NULL && now_ms - server->used_ms > IDLE_MS)
            hang_up(servers, server);
        if (server->connection != NULL || connect_to(servers, server, err)) {
            server->used_ms = now_ms;
            return server->connection;
        }
    }
    if (servers->last.kind == ERROR_NONE)
        error_set(&servers->last, ERROR_TEMPORARY, "no server is named");
    *err = servers->last;
    return NULL;
}

/* A connection that has served before may have ended with its server's restart: no fault yet. */
void servers_failed(struct servers *servers, const struct error *why)
{
    struct server *server = servers->current;

    servers->current = NULL;
    hang_up(servers, server);
    if (!server->is_proven)
        pause_server(servers, server, why);
}

bool servers_refused(struct servers *servers, const struct error *why)
{
    if (servers->current->is_proven)
        return false;
    servers_failed(servers, why);
    return true;
}
