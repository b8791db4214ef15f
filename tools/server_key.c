/* Keys, certificates and requests by OpenSSL (tools/server_key.h). */
#include "lib/base/base.h"

#include "tools/server_key.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#define YEARS      100
#define YEAR_S     (365L * 24 * 3600)
#define SERIAL_LEN 20 /* octets: RFC 5280 section 4.1.2.2 */
#define NAMES_MAX  65536

struct server_key {
    EVP_PKEY *pkey;
};

/* With OpenSSL's reason, where it has one. */
static bool fail(struct error *err, const char *what, const char *about)
{
    unsigned long code = ERR_peek_error();
    const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);

    error_set(err, ERROR_PERMANENT, "%s%s%s%s", what, about, reason == NULL ? "" : ": ",
              reason == NULL ? "" : reason);
    ERR_clear_error();
    return false;
}

static struct server_key *own(EVP_PKEY *pkey)
{
    struct server_key *key = mem_new(struct server_key);

    key->pkey = pkey;
    return key;
}

/* --- keys ------------------------------------------------------------------------------------------ */

static EVP_PKEY *make_rsa(const char *size)
{
    uint64_t bits;

    if (!span_to_u64(span_text(size), 16384, &bits))
        return NULL;
    return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);
}

/* By the names of SECG too, which OpenSSL has under another one. */
static EVP_PKEY *make_ecdsa(const char *curve)
{
    return EVP_PKEY_Q_keygen(NULL, NULL, "EC",
                             strcmp(curve, "secp256r1") == 0 ? "prime256v1" : curve);
}

struct server_key *server_key_create(const char *algorithm, const char *size, struct error *err)
{
    bool is_rsa = strcmp(algorithm, "rsa") == 0;
    EVP_PKEY *pkey;

    if (!is_rsa && strcmp(algorithm, "ecdsa") != 0) {
        error_set(err, ERROR_PERMANENT, "Unsupported public key algorithm: %s", algorithm);
        return NULL;
    }
    if (size == NULL)
        size = is_rsa ? "2048" : "prime256v1";
    pkey = is_rsa ? make_rsa(size) : make_ecdsa(size);
    if (pkey != NULL)
        return own(pkey);
    (void)fail(err,
               is_rsa ? "error generating new rsa private key of size "
                      : "error generating new ecdsa private key on curve ",
               size);
    return NULL;
}

struct server_key *server_key_read(const char *path, struct error *err)
{
    FILE *file = fopen(path, "re");
    EVP_PKEY *pkey = NULL;

    if (file != NULL) {
        pkey = PEM_read_PrivateKey(file, NULL, NULL, (void *)(uintptr_t) ""); /* no pass phrase */
        (void)fclose(file);
    }
    if (pkey != NULL && EVP_PKEY_is_a(pkey, "RSA") != 1 && EVP_PKEY_is_a(pkey, "EC") != 1) {
        error_set(err, ERROR_PERMANENT, "unsupported private key type in file: %s", path);
        EVP_PKEY_free(pkey);
        return NULL;
    }
    if (pkey != NULL)
        return own(pkey);
    ERR_clear_error();
    error_set(err, ERROR_PERMANENT, "no private key found in file: %s", path);
    return NULL;
}

void server_key_free(struct server_key **key)
{
    if (*key == NULL)
        return;
    EVP_PKEY_free((*key)->pkey);
    mem_free(*key);
    *key = NULL;
}

const char *server_key_algorithm(const struct server_key *key)
{
    return EVP_PKEY_is_a(key->pkey, "RSA") == 1 ? "rsa" : "ecdsa";
}

bool server_key_matches(const struct server_key *key, const char *path, struct error *err)
{
    FILE *file = fopen(path, "re");
    X509 *certificate = file == NULL ? NULL : PEM_read_X509(file, NULL, NULL, NULL);
    bool matches = certificate != NULL && X509_check_private_key(certificate, key->pkey) == 1;

    if (file != NULL)
        (void)fclose(file);
    ERR_clear_error();
    if (certificate == NULL)
        error_set(err, ERROR_PERMANENT, "no certificate found in file: %s", path);
    else if (!matches)
        error_set(err, ERROR_PERMANENT, "the certificate in %s is for another key", path);
    X509_free(certificate);
    return matches;
}

bool server_key_digest(const struct server_key *key, char hex[SERVER_KEY_DIGEST_LEN + 1],
                       struct error *err)
{
    unsigned char *der = NULL;
    unsigned char digest[SERVER_KEY_DIGEST_LEN / 2];
    int len = i2d_PUBKEY(key->pkey, &der);
    bool done = len > 0 && EVP_Digest(der, (size_t)len, digest, NULL, EVP_sha256(), NULL) == 1;

    OPENSSL_free(der);
    if (!done)
        return fail(err, "the digest of a public key", "");
    for (size_t i = 0; i < sizeof(digest); i++)
        (void)snprintf(hex + i * 2, 3, "%02x", digest[i]);
    return true;
}

/* --- PEM --------------------------------------------------------------------------------------------- */

/* What was written into memory is appended. */
static bool put_pem(BIO *memory, bool written, struct buf *pem, struct error *err)
{
    char *data = NULL;
    long len = BIO_get_mem_data(memory, &data);
    bool done = written && len > 0 && buf_append(pem, data, (size_t)len);

    (void)BIO_free(memory);
    return done || fail(err, "PEM", "");
}

bool server_key_write(const struct server_key *key, struct buf *pem, struct error *err)
{
    BIO *memory = BIO_new(BIO_s_mem());
    bool written = memory != NULL &&
                   PEM_write_bio_PKCS8PrivateKey(memory, key->pkey, NULL, NULL, 0, NULL, NULL) == 1;

    return put_pem(memory, written, pem, err);
}

/* --- what stands in certificates and requests --------------------------------------------------------- */

/* A name goes into OpenSSL's syntax of extensions: it must not end there and begin something else. */
static bool join_names(char *const *names, struct buf *list, struct error *err)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        for (const char *c = names[i]; *c != '\0'; c++) {
            if (!is_alnum((unsigned char)*c) && strchr(".-_*", *c) == NULL) {
                error_set(err, ERROR_PERMANENT, "bad host name: %s", names[i]);
                return false;
            }
        }
        if (names[i][0] == '\0' || !buf_printf(list, "%sDNS:%s", i == 0 ? "" : ",", names[i])) {
            error_set(err, ERROR_PERMANENT, "bad host names");
            return false;
        }
    }
    return true;
}

static bool add_extension(STACK_OF(X509_EXTENSION) * *extensions, X509V3_CTX *context, int nid,
                          const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
    bool added = extension != NULL && X509v3_add_ext(extensions, extension, -1) != NULL;

    X509_EXTENSION_free(extension);
    return added;
}

/* For both; the key's identifier is found in the certificate or request that the context is for. */
static bool describe(STACK_OF(X509_EXTENSION) * *extensions, X509V3_CTX *context,
                     char *const *names, struct error *err)
{
    struct buf list = BUF(NAMES_MAX);
    bool named = join_names(names, &list, err);
    bool done = named && add_extension(extensions, context, NID_subject_key_identifier, "hash") &&
                add_extension(extensions, context, NID_ext_key_usage, "serverAuth, clientAuth") &&
                add_extension(extensions, context, NID_subject_alt_name, buf_text(&list));

    buf_release(&list);
    return done || (named ? fail(err, "extensions", "") : false);
}

/* --- certificates ------------------------------------------------------------------------------------- */

static bool set_serial(X509 *certificate)
{
    BIGNUM *random = BN_new();
    bool done = random != NULL && BN_rand(random, SERIAL_LEN * 8 - 1, BN_RAND_TOP_ANY, 0) == 1 &&
                BN_to_ASN1_INTEGER(random, X509_get_serialNumber(certificate)) != NULL;

    BN_free(random);
    return done;
}

static bool set_extensions(X509 *certificate, char *const *names, struct error *err)
{
    STACK_OF(X509_EXTENSION) *extensions = NULL;
    X509V3_CTX context;
    bool done;

    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    done = add_extension(&extensions, &context, NID_basic_constraints, "CA:FALSE") &&
           describe(&extensions, &context, names, err);
    for (int i = 0; done && i < sk_X509_EXTENSION_num(extensions); i++)
        done = X509_add_ext(certificate, sk_X509_EXTENSION_value(extensions, i), -1) == 1;
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    return done;
}

static bool fill_certificate(X509 *certificate, const struct server_key *key, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(certificate);

    return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), 0) != NULL &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), YEARS * YEAR_S) != NULL &&
           X509_set_pubkey(certificate, key->pkey) == 1 &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1,
                                      -1, 0) == 1 &&
           X509_set_issuer_name(certificate, subject) == 1;
}

bool server_key_certify(const struct server_key *key, char *const *names, struct buf *pem,
                        struct error *err)
{
    X509 *certificate = X509_new();
    BIO *memory = BIO_new(BIO_s_mem());
    bool filled = certificate != NULL && fill_certificate(certificate, key, names[0]);
    bool written = filled && set_extensions(certificate, names, err) &&
                   X509_sign(certificate, key->pkey, EVP_sha256()) > 0 &&
                   PEM_write_bio_X509(memory, certificate) == 1;

    X509_free(certificate);
    if (!written && filled && err->kind != ERROR_NONE) {
        (void)BIO_free(memory);
        return false;
    }
    return put_pem(memory, written, pem, err);
}

bool server_key_request(const struct server_key *key, char *const *names, struct buf *pem,
                        struct error *err)
{
    X509_REQ *request = X509_REQ_new();
    STACK_OF(X509_EXTENSION) *extensions = NULL;
    BIO *memory = BIO_new(BIO_s_mem());
    X509V3_CTX context;
    bool filled = request != NULL && X509_REQ_set_version(request, X509_REQ_VERSION_1) == 1 &&
                  X509_REQ_set_pubkey(request, key->pkey) == 1;
    bool written;

    X509V3_set_ctx(&context, NULL, NULL, request, NULL, 0);
    written = filled && describe(&extensions, &context, names, err) &&
              X509_REQ_add_extensions(request, extensions) == 1 &&
              X509_REQ_sign(request, key->pkey, EVP_sha256()) > 0 &&
              PEM_write_bio_X509_REQ(memory, request) == 1;
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    X509_REQ_free(request);
    if (!written && filled && err->kind != ERROR_NONE) {
        (void)BIO_free(memory);
        return false;
    }
    return put_pem(memory, written, pem, err);
}
