/*
 * The lister of the queue: whoever connects gets an entry for each message, and the end. master starts
 * it; buzonqueue connects, which checks who may ask. It runs as the queue's owner in the queue directory
 * and only reads.
 */
#include "lib/base/base.h"

#include "lib/delivery/listing.h"
#include "lib/service/service.h"

static bool send_entry(void *client, const struct listing_entry *entry, struct error *err)
{
    return listing_send(client, entry, err);
}

/* A client that hangs up early is not worth a warning. */
static bool serve(struct connection *client, const struct service_instance *instance,
                  struct error *err)
{
    if (listing_walk(instance->queue_directory, instance->config, send_entry, client, err) &&
        listing_send(client, NULL, err))
        return true;
    return err->number == EPIPE || err->number == ECONNRESET;
}

int main(int argc, char *argv[])
{
    static const struct service service = {
        .program = "showq",
        .user = SERVICE_USER_QUEUE,
        .sandbox = SANDBOX_NO_SOCKETS | SANDBOX_NO_EXEC,
        .serve = serve,
    };

    return service_main(&service, argc, argv);
}
