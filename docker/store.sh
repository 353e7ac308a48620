#!/bin/sh
# A WordPress with WooCommerce and the BTCPay plugin, connected to Sattle. Runs in the image of wp-cli, as root, again at each start.
# Usage: store.sh SHOP_URL SERVER_URL DIRECTORY    DIRECTORY holds api-key and store-id, and gets woo-key
set -eu
shop=$1 server=$2 shared=$3
wp() { command wp --allow-root --path=/var/www/html "$@"; }

until [ -f /var/www/html/wp-config.php ] && wp db query 'SELECT 1' > /dev/null 2>&1; do sleep 2; done
if ! wp core is-installed; then
  wp core install --url="$shop" --title='Real shop' --admin_user=admin --admin_password=play-money-only \
    --admin_email=merchant@demo.example --skip-email
fi
wp plugin is-installed woocommerce || wp plugin install woocommerce --version=11.0.1
wp plugin is-installed btcpay-greenfield-for-woocommerce || wp plugin install btcpay-greenfield-for-woocommerce --version=2.8.0
wp plugin activate woocommerce btcpay-greenfield-for-woocommerce
wp rewrite structure '/%postname%/'

wp option update woocommerce_currency EUR
wp option update woocommerce_default_country DE:DE-BE
wp option update woocommerce_calc_taxes no
wp option update woocommerce_coming_soon no
wp option update woocommerce_hold_stock_minutes 60
if [ "$(wp post list --post_type=product --format=count)" = 0 ]; then
  wp wc product create --user=admin --name=Mug --type=simple --regular_price=10.00 --manage_stock=true --stock_quantity=100
fi

# What the plugin's wizard does: the connection, then a webhook whose secret only the shop and Sattle know.
if [ "$(wp option get btcpay_gf_url 2> /dev/null || true)" != "$server" ]; then
  wp option update btcpay_gf_url "$server"
  wp option update btcpay_gf_api_key "$(cat "$shared/api-key")" > /dev/null
  wp option update btcpay_gf_store_id "$(cat "$shared/store-id")"
  wp eval '
    $made = BTCPayServer\WC\Helper\GreenfieldApiWebhook::registerWebhook(
      get_option("btcpay_gf_url"), get_option("btcpay_gf_api_key"), get_option("btcpay_gf_store_id"));
    if (!$made) { WP_CLI::error("Sattle made no webhook"); }'
fi
wp wc payment_gateway update btcpaygf_default --user=admin --enabled=true

# A key of WooCommerce's REST API, as a merchant makes one by hand; WooCommerce itself keeps a hash only.
if [ ! -s "$shared/woo-key" ]; then
  wp eval '
    global $wpdb;
    $key = "ck_" . wc_rand_hash(); $secret = "cs_" . wc_rand_hash();
    $made = $wpdb->insert($wpdb->prefix . "woocommerce_api_keys", array("user_id" => 1, "description" => "Sattle",
      "permissions" => "read_write", "consumer_key" => wc_api_hash($key), "consumer_secret" => $secret,
      "truncated_key" => substr($key, -7)));
    if (!$made) { WP_CLI::error("WooCommerce keeps no key: " . $wpdb->last_error); }
    echo $key . "\n" . $secret . "\n";' > "$shared/woo-key.new"
  chown 1000 "$shared/woo-key.new"
  mv "$shared/woo-key.new" "$shared/woo-key"
fi
chown -R 33:33 /var/www/html/wp-content
