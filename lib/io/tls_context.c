/* What all sessions of a process have in common: certificates, protocols, ciphers. */
#include "lib/io/tls_internal.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/strlist.h"
#include "lib/io/tls_key.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>

#define DH_FILE_MAX    ((size_t)64 * 1024)
#define SESSION_ID_TAG "buzon"

static bool is_set(const char *value)
{
    return value != NULL && value[0] != '\0';
}

void tls_error(struct error *err, const char *format, ...)
{
    const char *reason = ERR_reason_error_string(ERR_get_error());
    char text[ERROR_TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    error_set(err, ERROR_PERMANENT, "%s: %s", text, reason == NULL ? "TLS library error" : reason);
    ERR_clear_error();
}

/* --- protocols ------------------------------------------------------------------------------- */

static const struct protocol {
    const char *name;
    int version; /* 0: OpenSSL 3 no longer speaks it */
    uint64_t no; /* the option that turns it off */
} protocols_known[] = {
    {"SSLv2",   0,              0                }, /* oldest first */
    {"SSLv3",   SSL3_VERSION,   SSL_OP_NO_SSLv3  },
    {"TLSv1",   TLS1_VERSION,   SSL_OP_NO_TLSv1  },
    {"TLSv1.1", TLS1_1_VERSION, SSL_OP_NO_TLSv1_1},
    {"TLSv1.2", TLS1_2_VERSION, SSL_OP_NO_TLSv1_2},
    {"TLSv1.3", TLS1_3_VERSION, SSL_OP_NO_TLSv1_3},
};

#define SAFE_OLDEST 4 /* TLSv1.2 */

struct protocol_list {
    size_t oldest, newest; /* indexes */
    bool has_oldest;
    unsigned named, excluded; /* one bit a protocol */
};

static bool add_protocol(struct protocol_list *list, const char *word, struct error *err)
{
    const char *name = word + strspn(word, "!<>=");
    size_t i = 0;

    while (i < ARRAY_LENGTH(protocols_known) && strcasecmp(protocols_known[i].name, name) != 0)
        i++;
    if (i == ARRAY_LENGTH(protocols_known)) {
        error_set(err, ERROR_PERMANENT, "unknown TLS protocol \"%s\"", word);
        return false;
    }
    if (word == name) {
        list->named |= 1U << i;
    } else if (name - word == 1 && word[0] == '!') {
        list->excluded |= 1U << i;
    } else if (strncmp(word, ">=", 2) == 0 && name - word == 2) {
        list->oldest = i;
        list->has_oldest = true;
    } else if (strncmp(word, "<=", 2) == 0 && name - word == 2) {
        list->newest = i;
    } else {
        error_set(err, ERROR_PERMANENT, "bad TLS protocol \"%s\"", word);
        return false;
    }
    return true;
}

static bool is_allowed(const struct protocol_list *list, size_t i)
{
    bool named = (list->named >> i & 1) != 0;

    if ((list->excluded >> i & 1) != 0 || i > list->newest || (list->named != 0 && !named))
        return false;
    return i >= (list->has_oldest ? list->oldest : named ? 0 : SAFE_OLDEST);
}

/* Obeys a list in Postfix's syntax (struct tls_server_settings). */
static bool limit_protocols(SSL_CTX *ssl, const char *protocols, struct error *err)
{
    struct protocol_list list = {.newest = ARRAY_LENGTH(protocols_known) - 1};
    struct strlist words = STRLIST_EMPTY;
    bool done = true;
    int oldest = 0;

    strlist_split(&words, protocols, ", :\t\r\n");
    for (size_t i = 0; done && i < words.count; i++)
        done = add_protocol(&list, words.items[i], err);
    for (size_t i = 0; done && i < ARRAY_LENGTH(protocols_known); i++) {
        const struct protocol *protocol = &protocols_known[i];

        if (!is_allowed(&list, i))
            (void)SSL_CTX_set_options(ssl, protocol->no);
        else if (oldest == 0)
            oldest = protocol->version;
    }
    if (done && (oldest == 0 || SSL_CTX_set_min_proto_version(ssl, oldest) != 1)) {
        error_set(err, ERROR_PERMANENT, "no TLS protocol is left by \"%s\"", protocols);
        done = false;
    }
    strlist_release(&words);
    return done;
}

/* --- what servers and clients share ---------------------------------------------------------- */

static struct tls_context *create(const SSL_METHOD *method)
{
    struct tls_context *context = mem_new(struct tls_context);

    context->ssl = SSL_CTX_new(method);
    if (context->ssl == NULL)
        log_fatal("out of memory for TLS");
    (void)SSL_CTX_set_options(context->ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                                SSL_OP_IGNORE_UNEXPECTED_EOF);
    (void)SSL_CTX_set_mode(context->ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                             SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context->ssl, 1);
    (void)SSL_CTX_set_session_cache_mode(context->ssl, SSL_SESS_CACHE_OFF);
    return context;
}

static bool set_algorithms(SSL_CTX *ssl, const char *protocols, const char *cipher_list,
                           struct error *err)
{
    int groups[] = {NID_X25519, NID_X9_62_prime256v1, NID_X448, NID_secp384r1, NID_secp521r1};

    if (!limit_protocols(ssl, protocols == NULL ? "" : protocols, err))
        return false;
    if (SSL_CTX_set1_groups(ssl, groups, ARRAY_LENGTH(groups)) != 1) {
        tls_error(err, "TLS groups");
        return false;
    }
    if (is_set(cipher_list) && SSL_CTX_set_cipher_list(ssl, cipher_list) != 1) {
        tls_error(err, "TLS cipher list \"%s\"", cipher_list);
        return false;
    }
    return true;
}

void tls_context_free(struct tls_context **context)
{
    if (*context == NULL)
        return;
    SSL_CTX_free((*context)->ssl);
    free(*context);
    *context = NULL;
}

/* --- servers --------------------------------------------------------------------------------- */

/* Parameters for the old ephemeral Diffie-Hellman, which only TLS 1.2 and older do this way. */
static bool set_dh(SSL_CTX *ssl, const char *file, struct error *err)
{
    struct buf content = BUF(DH_FILE_MAX);
    EVP_PKEY *parameters = NULL;
    bool done = false;
    BIO *input;

    if (!is_set(file) || strcmp(file, "auto") == 0)
        return SSL_CTX_set_dh_auto(ssl, 1) == 1;
    if (!file_read(AT_FDCWD, file, &content, err))
        goto out;
    input = BIO_new_mem_buf(content.data, (int)content.len);
    if (input != NULL)
        parameters = PEM_read_bio_Parameters(input, NULL);
    BIO_free(input);
    done = parameters != NULL && SSL_CTX_set0_tmp_dh_pkey(ssl, parameters) == 1;
    if (!done) {
        EVP_PKEY_free(parameters);
        tls_error(err, "DH parameters in %s", file);
    }
out:
    buf_release(&content);
    return done;
}

static bool use_pair(SSL_CTX *ssl, const char *certificate_file, const char *key_file,
                     struct error *err)
{
    return !is_set(certificate_file) ||
           tls_key_use_pair(ssl, certificate_file, is_set(key_file) ? key_file : certificate_file,
                            err);
}

static bool use_certificates(SSL_CTX *ssl, const struct tls_server_settings *settings,
                             struct error *err)
{
    if (is_set(settings->chain_files))
        return tls_key_use_chains(ssl, settings->chain_files, err);
    if (is_set(settings->certificate_file) || is_set(settings->ec_certificate_file))
        return use_pair(ssl, settings->certificate_file, settings->key_file, err) &&
               use_pair(ssl, settings->ec_certificate_file, settings->ec_key_file, err);
    error_set(err, ERROR_PERMANENT, "no certificate is configured");
    return false;
}

/* Whether a certificate is good is looked at by whoever wants to know (tls_peer_verified). */
static int accept_any(int is_good UNUSED, X509_STORE_CTX *store UNUSED)
{
    return 1;
}

static bool ask_certificate(SSL_CTX *ssl, const struct tls_server_settings *settings,
                            struct error *err)
{
    const char *file = settings->client_ca_file;

    if (!settings->ask_certificate)
        return true;
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE, accept_any);
    if (!is_set(file))
        return true;
    if (SSL_CTX_load_verify_file(ssl, file) != 1) {
        tls_error(err, "certificates in %s", file);
        return false;
    }
    SSL_CTX_set_client_CA_list(ssl, SSL_load_client_CA_file(file));
    return true;
}

struct tls_context *tls_context_server(const struct tls_server_settings *settings,
                                       struct error *err)
{
    struct tls_context *context = create(TLS_server_method());
    static const unsigned char tag[] = SESSION_ID_TAG;

    if (settings->prefer_server_ciphers)
        (void)SSL_CTX_set_options(context->ssl, SSL_OP_CIPHER_SERVER_PREFERENCE);
    (void)SSL_CTX_set_session_id_context(context->ssl, tag, sizeof(tag) - 1);
    if (!set_algorithms(context->ssl, settings->protocols, settings->cipher_list, err) ||
        !set_dh(context->ssl, settings->dh_file, err) ||
        !use_certificates(context->ssl, settings, err) ||
        !ask_certificate(context->ssl, settings, err))
        tls_context_free(&context);
    return context;
}

/* --- clients --------------------------------------------------------------------------------- */

static bool trust(SSL_CTX *ssl, const struct tls_client_settings *settings, struct error *err)
{
    if (is_set(settings->ca_file) && SSL_CTX_load_verify_file(ssl, settings->ca_file) != 1) {
        tls_error(err, "certificates in %s", settings->ca_file);
        return false;
    }
    if (is_set(settings->ca_path) && SSL_CTX_load_verify_dir(ssl, settings->ca_path) != 1) {
        tls_error(err, "certificates in %s", settings->ca_path);
        return false;
    }
    return true;
}

struct tls_context *tls_context_client(const struct tls_client_settings *settings,
                                       struct error *err)
{
    struct tls_context *context = create(TLS_client_method());
    const char *key_file =
        is_set(settings->key_file) ? settings->key_file : settings->certificate_file;

    if (!set_algorithms(context->ssl, settings->protocols, settings->cipher_list, err) ||
        !trust(context->ssl, settings, err) ||
        (is_set(settings->certificate_file) &&
         !tls_key_use_pair(context->ssl, settings->certificate_file, key_file, err)))
        tls_context_free(&context);
    return context;
}
