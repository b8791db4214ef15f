# The Debian packages that buzon is built and tested with; read by quickstart and .ci/run.

BUILD_PACKAGES="gcc make autoconf automake pkg-config libc6-dev libssl-dev libdb5.3-dev liblmdb-dev
    libpcre2-dev libevent-dev libidn2-dev libidn-dev libunistring-dev libpam0g-dev libcrypt-dev libargon2-dev libjansson-dev zlib1g-dev libbz2-dev libzstd-dev openssl
    python3"
TEST_PACKAGES="perl libcmocka-dev clang libclang-rt-14-dev xz-utils bzip2 zstd iproute2 util-linux procps mandoc swaks curl
    mutt isync offlineimap3 libmail-imapclient-perl libio-socket-ssl-perl libnet-ssleay-perl strace gsasl dovecot-core
    fail2ban logwatch pflogsumm fetchmail getmail6 dovecot-imapd dovecot-pop3d interimap imapfilter mpop fdm
    bsd-mailx s-nail msmtp neomutt
    php-cli php-imap ruby libmail-imaptalk-perl libnet-imap-simple-perl
    libpq-dev libmariadb-dev libsqlite3-dev libldap-dev libsasl2-dev libsasl2-modules postgresql mariadb-server slapd ldap-utils
    memcached redis-server redis-tools postfix postfix-lmdb postfix-pcre
    postfix-cdb postfix-ldap postfix-mysql postfix-pgsql postfix-sqlite"

# install_packages NAME...: those that are missing
install_packages() {
    missing=
    for package; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
            missing="$missing $package"
    done
    [ -z "$missing" ] && return 0
    if [ "$(id -u)" != 0 ]; then
        echo "Please install as root first:" >&2
        echo "    apt-get install --no-install-recommends$missing" >&2
        return 1
    fi
    echo "installing:$missing"
    install_said=$(mktemp) || return 1
    # No service that a package brings may start by itself on this machine because of us.
    policy=/usr/sbin/policy-rc.d made_policy=
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy && made_policy=yes
    fi
    install_status=0
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing; } \
        >"$install_said" 2>&1 || install_status=$?
    [ $install_status = 0 ] || cat "$install_said" >&2
    rm -f "$install_said"
    [ -z "$made_policy" ] || rm -f $policy
    return $install_status
}
