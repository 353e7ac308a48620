#!/bin/sh
# A WordPress with WooCommerce and the BTCPay plugin, connected to Sattle. Runs in the image of wp-cli, as root: the volume of Sattle's
# containers is theirs alone. Again at each start: every step looks whether it is done, so that one that failed is made good.
# Usage: store.sh SHOP_URL SERVER_URL DIRECTORY [WORDPRESS]    DIRECTORY holds api-key and store-id, and gets woo-key
set -eu
shop=$1 server=$2 shared=$3 wordpress=${4:-/var/www/html}
wp() { command wp --allow-root --path="$wordpress" "$@"; }

# More memory than PHP gives by itself: WooCommerce is large to unpack.
[ -z "${PHP_INI_DIR:-}" ] || echo 'memory_limit = 512M' > "$PHP_INI_DIR/conf.d/memory.ini"

# The shop's image copies WordPress to the volume at its first start, and writes this file last.
tries=150
until [ -f "$wordpress/wp-config.php" ]; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || { echo "WordPress did not come to $wordpress; see the log of the service store" >&2; exit 1; }
  sleep 2
done
# What is made here as root belongs to the web server (user 33 of its image), also when a step fails.
trap 'chown -R 33:33 "$wordpress/wp-content"' EXIT

if ! wp core is-installed; then
  wp core install --url="$shop" --title='Real shop' --admin_user=admin --admin_password=play-money-only \
    --admin_email=merchant@demo.example --skip-email
fi
# One that is there and not active may have been unpacked in part.
wp plugin is-active woocommerce || wp plugin install woocommerce --version=11.0.1 --force --activate
wp plugin is-active btcpay-greenfield-for-woocommerce ||
  wp plugin install btcpay-greenfield-for-woocommerce --version=2.8.0 --force --activate
wp rewrite structure '/%postname%/'
wp wc tool run install_pages --user=admin

wp option update woocommerce_currency EUR
wp option update woocommerce_default_country DE:DE-BE
wp option update woocommerce_calc_taxes no
wp option update woocommerce_coming_soon no
wp option update woocommerce_hold_stock_minutes 60
if [ "$(wp post list --post_type=product --format=count)" = 0 ]; then
  wp wc product create --user=admin --name=Mug --type=simple --regular_price=10.00 --manage_stock=true --stock_quantity=100
fi

# What the plugin's wizard does: the connection, then a webhook whose secret only the shop and Sattle know.
wp option update btcpay_gf_url "$server"
wp option update btcpay_gf_api_key "$(cat "$shared/api-key")" > /dev/null
wp option update btcpay_gf_store_id "$(cat "$shared/store-id")"
connection='get_option("btcpay_gf_url"), get_option("btcpay_gf_api_key"), get_option("btcpay_gf_store_id")'
webhooks='BTCPayServer\WC\Helper\GreenfieldApiWebhook'
wp eval "exit($webhooks::webhookExists($connection) ? 0 : 1);" ||
  wp eval "if (!$webhooks::registerWebhook($connection)) { WP_CLI::error('Sattle made no webhook: does it answer at $server?'); }"
wp wc payment_gateway update btcpaygf_default --user=admin --enabled=true

# A key of WooCommerce's REST API, as a merchant makes one by hand; WooCommerce itself keeps a hash only. One that this shop does not
# know (the other volume was kept) is no key.
WOO_KEY=$(head -n 1 "$shared/woo-key" 2> /dev/null || true)
export WOO_KEY
if ! wp eval '
    global $wpdb;
    $known = $wpdb->get_var($wpdb->prepare("SELECT COUNT(*) FROM {$wpdb->prefix}woocommerce_api_keys WHERE consumer_key = %s",
      wc_api_hash((string) getenv("WOO_KEY"))));
    exit($known ? 0 : 1);'; then
  wp eval '
    global $wpdb;
    $key = "ck_" . wc_rand_hash(); $secret = "cs_" . wc_rand_hash();
    $wpdb->delete($wpdb->prefix . "woocommerce_api_keys", array("description" => "Sattle"));
    $made = $wpdb->insert($wpdb->prefix . "woocommerce_api_keys", array("user_id" => 1, "description" => "Sattle",
      "permissions" => "read_write", "consumer_key" => wc_api_hash($key), "consumer_secret" => $secret,
      "truncated_key" => substr($key, -7)));
    if (!$made) { WP_CLI::error("WooCommerce keeps no key: " . $wpdb->last_error); }
    echo $key . "\n" . $secret . "\n";' > "$shared/woo-key.new"
  chown 1000 "$shared/woo-key.new"
  mv "$shared/woo-key.new" "$shared/woo-key"
fi
