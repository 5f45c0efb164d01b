{
  'targets': [
    {
      'target_name': 'libyang_js',
      'product_name': 'libyang_js',
      'sources': [
        '<!@(node -p "require(\'node:fs\').readdirSync(\'native\').filter((f) => f.endsWith(\'.cc\')).map((f) => \'native/\' + f).join(\' \')")',
      ],
      'include_dirs': [
        '<!@(node -p "require(\'node-addon-api\').include")',
        '<!@(pkg-config --cflags-only-I libyang | sed s/-I//g)',
      ],
      'libraries': ['<!@(pkg-config --libs libyang)'],
      'defines': ['NAPI_VERSION=9', 'NAPI_CPP_EXCEPTIONS', 'NODE_ADDON_API_DISABLE_DEPRECATED',
                  'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS'],
      'cflags!': ['-fno-exceptions', '-O3'],
      'cflags_cc!': ['-fno-exceptions', '-fno-rtti', '-std=gnu++17', '-std=gnu++20', '-O3'],
      'cflags_cc': ['-std=c++20', '-O2', '-Wall', '-Wextra', '-Werror', '-fvisibility=hidden', '-pthread'],
    },
  ],
}
